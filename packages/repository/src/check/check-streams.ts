import { isSplitstreamError, openSplitstream, type SplitstreamReader } from '@composefs/splitstream'
import { isRepositoryError } from '../errors.ts'
import { isFileError, reasonOf } from '../reason.ts'
import type { Repository } from '../repository.ts'
import { Turns } from '../turns.ts'
import { checkRefs, type LinkDirectory, type NamedLink, namedLinks } from './check-links.ts'
import type { CheckLog } from './check-log.ts'
import type { PresentObjects } from './present-objects.ts'

/** How to check streams. */
export interface CheckStreamsOptions {
  readonly present: PresentObjects
  readonly signal: AbortSignal | undefined
}

/**
 * Checks that the streams and their refs lead somewhere, that the streams can be opened, and that every object they
 * refer to is there. Their compressed content is not read.
 */
export async function checkStreams(
  repository: Repository,
  log: CheckLog,
  options: CheckStreamsOptions,
): Promise<void> {
  const directory: LinkDirectory = {
    name: 'streams',
    directory: repository.layout.streams,
    checked: 'streamsChecked',
    corrupted: 'streamsCorrupted',
    openFailed: 'stream-open-failed',
  }
  const turns = new Turns(options.signal)
  for (const link of namedLinks(repository, log, directory)) {
    if (turns.isOver) await turns.give()
    const reader = await openStream(repository, log, link)
    if (reader !== undefined) checkReferences(reader, log, { ...options, path: link.path })
  }
  await checkRefs(log, directory, options.signal)
}

async function openStream(
  { objects, algorithm, zstd }: Repository,
  log: CheckLog,
  { path, digest }: NamedLink,
): Promise<SplitstreamReader | undefined> {
  try {
    // Whether the content is what its name says has been the question before.
    using source = objects.openUnchecked(digest)
    return await openSplitstream(source, { algorithm, zstd })
  } catch (error) {
    if (!isSplitstreamError(error) && !isRepositoryError(error) && !isFileError(error)) throw error
    log.add(
      { kind: 'stream-open-failed', path, detail: reasonOf(error), ...log.blame(digest) },
      'streamsCorrupted',
    )
    return undefined
  }
}

function checkReferences(
  reader: SplitstreamReader,
  log: CheckLog,
  { path, present }: CheckStreamsOptions & { readonly path: string },
): void {
  for (const digest of reader.objectReferences) {
    if (present.has(digest)) continue
    log.add({ kind: 'missing-object-ref', path, detail: digest.hex, digest }, 'missingObjects')
  }
  for (const [name, digest] of reader.namedReferences) {
    if (present.has(digest)) continue
    const detail = `ref ${name}: ${digest.hex}`
    log.add({ kind: 'missing-named-ref', path, detail, digest }, 'missingObjects')
  }
}
