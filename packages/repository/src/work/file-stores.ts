import { closeSync, fstatSync } from 'node:fs'
import { openForReading, readFully } from '../file-bytes.ts'
import { writeFileFailure } from './file-result.ts'
import { JobOutcome, JobResult } from './object-job.ts'
import { readSeenFile, type SeenFile } from './seen-file.ts'

/** Largest file that is one job: it is read as a whole, so that one which is stored already is not written. */
export const STORED_FILE_MAX: number = 1 << 20

/** Puts a content somewhere, and its digest into a result; true when it is new there. */
export type PutInto = (content: Uint8Array, result: Uint8Array) => boolean

/** Does `ObjectJob.storeFile`: reads a file that looked so and so a moment ago, and stores its content. */
export class FileStores {
  readonly #put: PutInto
  /** One byte more than there should be shows a file that grows. */
  readonly #buffer = new Uint8Array(STORED_FILE_MAX + 1)

  constructor(put: PutInto) {
    this.#put = put
  }

  run(data: Uint8Array, result: Uint8Array): void {
    const content = this.#read(readSeenFile(data), result)
    if (content === undefined) return
    const isNew = this.#put(content, result)
    result[JobResult.outcome] = isNew ? JobOutcome.stored : JobOutcome.present
  }

  /** The content of the file; undefined, and the result says why, when it cannot be read, or is another by now. */
  #read(seen: SeenFile, result: Uint8Array): Uint8Array | undefined {
    try {
      const file = openForReading(seen.path)
      try {
        if (seen.isStill(fstatSync(file, { bigint: true }))) {
          const room = this.#buffer.subarray(0, seen.size + 1)
          const content = room.subarray(0, readFully(file, room, 0))
          const isWhole = content.length === seen.size
          if (isWhole && seen.isStill(fstatSync(file, { bigint: true }))) return content
        }
        result[JobResult.outcome] = JobOutcome.changed
      } finally {
        closeSync(file)
      }
    } catch (error) {
      writeFileFailure(result, error)
    }
    return undefined
  }
}
