import { closeSync } from 'node:fs'
import { fsverityDigest, leafSizeOf } from '@composefs/fsverity'
import { type DoneSlot, SLOT_SIZE } from '@composefs/threads'
import { openForReading, readFully } from '../file-bytes.ts'
import { isFileError } from '../reason.ts'
import type { Repository } from '../repository.ts'
import { LeafDigest } from '../work/leaf-digest.ts'
import { ObjectJob } from '../work/object-job.ts'
import type { CheckFinding } from './finding.ts'
import { digestMismatch, type NamedObject, openFailed } from './object-slots.ts'

/** Bytes after which threads earn back their start. */
const HELPED_BYTES = 32 << 20

/** How to check large objects. */
export interface LargeObjectsOptions {
  /** Is told of each, in order. */
  onChecked(finding: CheckFinding | undefined): void
  readonly signal: AbortSignal | undefined
}

/**
 * Checks objects that are too large for one job each, or need a careful look: this thread reads them into slots, to their
 * very ends, and all threads hash their leaves.
 */
export async function checkLargeObjects(
  repository: Repository,
  objects: readonly NamedObject[],
  { onChecked, signal }: LargeObjectsOptions,
): Promise<void> {
  const { slots, algorithm, layout } = repository
  const leafSize = leafSizeOf(algorithm)
  const lane = slots.lane<Piece>({
    onDone(slot, { file, end, jobs, isLast }) {
      for (let job = 0; job < jobs; job++) file.leaves.add(slot, job, end)
      if (isLast) onChecked(findingOf(file, end, repository, slot))
    },
  })
  let bytes = 0
  try {
    for (const object of objects) {
      const file: LargeFile = { object, leaves: new LeafDigest(repository), failure: undefined }
      using reader = openFile(`${layout.root}/${object.path}`, file)
      for (let end = 0, isLast = false; !isLast; ) {
        const slot = await lane.take()
        signal?.throwIfAborted()
        const count = reader.read(slot.data, end)
        end += count
        bytes += count
        if (bytes >= HELPED_BYTES) slots.startHelpers()
        isLast = count < SLOT_SIZE
        const jobs = Math.ceil(count / leafSize)
        for (let at = 0; at < count; at += leafSize) {
          slot.add(ObjectJob.leaf, at, Math.min(leafSize, count - at))
        }
        lane.publish({ file, end, jobs, isLast })
      }
    }
    await lane.drain()
  } finally {
    await lane.abort()
  }
}

interface LargeFile {
  readonly object: NamedObject
  readonly leaves: LeafDigest
  /** Why it cannot be read any further. */
  failure: unknown
}

/** What is in a slot: bytes of a file, up to `end` in it. */
interface Piece {
  readonly file: LargeFile
  readonly end: number
  readonly jobs: number
  readonly isLast: boolean
}

function findingOf(
  { object, leaves, failure }: LargeFile,
  size: number,
  repository: Repository,
  slot: DoneSlot,
): CheckFinding | undefined {
  if (failure !== undefined) return openFailed(object, failure)
  // A file that got so small is in its slot as a whole.
  const small = () => fsverityDigest(slot.data.slice(0, size), repository)
  return digestMismatch(object, leaves.digest(size, small))
}

/** Opens a file. What cannot be opened or read ends there, and the reason is noted. */
function openFile(path: string, noted: LargeFile): Reader {
  const file = attempt(() => openForReading(path), noted)
  return {
    read(target, offset) {
      if (file === undefined) return 0
      return attempt(() => readFully(file, target, offset), noted) ?? 0
    },
    [Symbol.dispose]() {
      if (file !== undefined) closeSync(file)
    },
  }
}

interface Reader extends Disposable {
  /** Fills `target` from `offset` in the file on; less at its end. */
  read(target: Uint8Array, offset: number): number
}

function attempt<T>(step: () => T, noted: LargeFile): T | undefined {
  try {
    return step()
  } catch (error) {
    if (!isFileError(error)) throw error
    noted.failure = error
    return undefined
  }
}
