import { closeSync } from 'node:fs'
import { createFsverity, type Digester, type Hashing } from '@composefs/fsverity'
import { openForReading, readFully, readSome } from '../file-bytes.ts'
import { writeFileFailure } from './file-result.ts'
import { JobOutcome, JobResult } from './object-job.ts'

/** Bytes read at once: nearly every file is not larger. */
const READ_SIZE = 1 << 20
/** Largest file that is one job: the time it takes cannot be interrupted. */
const JOB_MAX = 8 << 20

/** Does `ObjectJob.digestFile`: open, read, close. */
export class FileDigests {
  readonly #digester: Digester
  readonly #hashing: Hashing
  readonly #buffer = new Uint8Array(READ_SIZE)

  constructor(digester: Digester, hashing: Hashing) {
    this.#digester = digester
    this.#hashing = hashing
  }

  run(path: Uint8Array, result: Uint8Array): void {
    try {
      // A path in shared memory could change while it is looked at.
      const file = openForReading(Buffer.from(path))
      try {
        this.#digest(file, result)
      } finally {
        closeSync(file)
      }
    } catch (error) {
      writeFileFailure(result, error)
    }
  }

  #digest(file: number, result: Uint8Array): void {
    const buffer = this.#buffer
    // Who asks reads the file once more when the digest is not the one that it should be, so one call is enough.
    let count = readSome(file, buffer, 0)
    if (count < buffer.length) {
      this.#digester.digest(buffer.subarray(0, count), result)
      return
    }
    const { algorithm } = this.#digester
    const digest = createFsverity({ algorithm, hashing: this.#hashing })
    do {
      digest.update(buffer.subarray(0, count))
      if (digest.size > JOB_MAX) {
        result[JobResult.outcome] = JobOutcome.large
        return
      }
      count = readFully(file, buffer, digest.size)
    } while (count > 0)
    result.set(digest.digest().bytes, JobResult.digest)
  }
}
