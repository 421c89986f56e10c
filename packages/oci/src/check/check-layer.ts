import type { Digest } from '@composefs/fsverity'
import { blobStreamId, layerStreamId } from '../store/stream-names.ts'
import type { CheckImageContext } from './check-image-context.ts'
import { contentFinding } from './content-finding.ts'
import type { OciFindingKind } from './finding.ts'
import { linkedStream } from './linked-stream.ts'

/** Checks a layer of a container image: its reference, its name, and that all its objects are there. */
export async function checkLayer(
  context: CheckImageContext,
  diffId: string,
  stream: Digest | undefined,
): Promise<boolean> {
  const { repository, seen, add } = context
  if (stream === undefined) {
    add({ kind: 'layer-ref-missing', detail: diffId })
    return false
  }
  const linked = linkedStream(repository, layerStreamId(diffId))
  if (linked === undefined) {
    add({ kind: 'layer-stream-missing', detail: diffId })
    return false
  }
  if (!repository.objects.has(stream)) {
    add({ kind: 'layer-object-missing', detail: `${diffId}: ${stream.hex}`, object: stream })
    return false
  }
  // The name may lead to another stream of the same layer, stored by another pull: that one is checked by itself.
  if (linked.equals(stream)) seen.add(layerStreamId(diffId))
  return await checkContent(context, { stream, digest: diffId, failed: 'layer-check-failed' })
}

/** Checks a layer of an artifact: a blob as it came. */
export async function checkArtifactLayer(
  context: CheckImageContext,
  digest: string,
  stream: Digest | undefined,
): Promise<void> {
  const { repository, seen, add } = context
  if (stream === undefined) {
    add({ kind: 'artifact-layer-ref-missing', detail: digest })
  } else if (!repository.objects.has(stream)) {
    const detail = `${digest}: ${stream.hex}`
    add({ kind: 'artifact-layer-object-missing', detail, object: stream })
  } else {
    const id = layerStreamId(digest)
    if (linkedStream(repository, id)?.equals(stream)) seen.add(id)
    await checkContent(context, { stream, digest, failed: 'artifact-layer-object-missing' })
  }
}

/** Checks a blob that is kept beside its layer. */
export async function checkBlob(
  context: CheckImageContext,
  digest: string,
  stream: Digest,
): Promise<void> {
  const { repository, seen, add } = context
  if (!repository.objects.has(stream)) {
    add({ kind: 'blob-missing', detail: `${digest}: ${stream.hex}`, object: stream })
    return
  }
  const id = blobStreamId(digest)
  const linked = linkedStream(repository, id)
  if (linked?.equals(stream)) seen.add(id)
  if ((linked ?? linkedStream(repository, layerStreamId(digest))) === undefined) {
    add({ kind: 'blob-missing', detail: `${digest}: no stream ${id}` })
  }
  await checkContent(context, { stream, digest, failed: 'blob-missing' })
}

async function checkContent(
  { streams, content, add }: CheckImageContext,
  stored: {
    readonly stream: Digest
    readonly digest: string
    /** What it is when the stream cannot be opened. */
    readonly failed: OciFindingKind
  },
): Promise<boolean> {
  const { stream, digest, failed } = stored
  const { missing, problem } = await streams.state(stream, content ? digest : undefined)
  const [first] = missing
  if (first !== undefined) {
    const detail = `${digest}: ${missing.length} objects are not there, such as ${first.hex}`
    add({ kind: 'layer-incomplete', detail, object: first })
    return false
  }
  if (problem === undefined) return true
  const { kind } = problem
  const detail = `${digest}: ${problem.detail}`
  add(contentFinding({ kind, detail }, stream) ?? { kind: failed, detail, object: stream })
  return false
}
