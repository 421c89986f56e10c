import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import {
  blobDigestOfStream,
  configDigestOfStream,
  layerDigestOfStream,
  manifestDigestOfStream,
} from '../store/stream-names.ts'
import type { OciCheckLog } from './check-log.ts'
import { contentFinding } from './content-finding.ts'
import { linkedStream } from './linked-stream.ts'
import type { StreamCache } from './stream-cache.ts'

/** What the check of streams by their names needs. */
export interface CheckNamedStreamsContext {
  readonly repository: Repository
  readonly streams: StreamCache
  readonly log: OciCheckLog
  /** Names that have been looked at as parts of images. */
  readonly seen: ReadonlySet<string>
  /** Hash layers and blobs too; documents always are. */
  readonly content: boolean
  readonly signal: AbortSignal | undefined
}

/**
 * Checks the streams that no image has led to: that the content of each is what the digest in its name says. Streams
 * that cannot be opened, or that lack objects, are findings of the repository and not told again.
 */
export async function checkNamedStreams(context: CheckNamedStreamsContext): Promise<void> {
  const { repository, seen, signal } = context
  for (const id of repository.streams.ids()) {
    signal?.throwIfAborted()
    if (seen.has(id)) continue
    const stream = linkedStream(repository, id)
    if (stream !== undefined && repository.objects.has(stream)) {
      await checkNamedStream(context, id, stream)
    }
  }
}

async function checkNamedStream(
  { streams, log, content }: CheckNamedStreamsContext,
  id: string,
  stream: Digest,
): Promise<void> {
  const document = manifestDigestOfStream(id) ?? configDigestOfStream(id)
  const expected = document ?? layerDigestOfStream(id) ?? blobDigestOfStream(id)
  if (expected === undefined || !isVerifiable(expected)) return
  const isHashed = content || document !== undefined
  const { missing, problem } = await streams.state(stream, isHashed ? expected : undefined)
  if (problem === undefined || missing.length > 0) return
  const finding = contentFinding(problem, stream)
  if (finding !== undefined) log.add({ ...finding, name: `streams/${id}` })
}

/** The digests that names of streams have; other names are not ours. */
function isVerifiable(digest: string): boolean {
  return /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(digest)
}
