import { closeSync, fstatSync } from 'node:fs'
import {
  type Algorithm,
  createFsverity,
  Digest,
  fsverityDigest,
  type Hashing,
} from '@composefs/fsverity'
import { openForReading, readFully } from '../file-bytes.ts'
import { Turns } from '../turns.ts'

/** Bytes that are read at once: nearly every object is not larger. */
const READ_SIZE = 256 * 1024

/** Who computes fs-verity digests of files from their content: this thread, or others. */
export interface FileDigester extends AsyncDisposable {
  /** How many digests may be asked for at a time without waiting for one of them. */
  readonly concurrency: number
  /** Rejects with a Node-shaped error for a file that cannot be read, EISDIR or ENXIO for what is no regular file. */
  digest(path: string, algorithm: Algorithm): Promise<Digest>
  /** Ends the threads, if there are any. What has been asked for and is not done is rejected. */
  close(): Promise<void>
}

/** Computes digests in the thread of the caller, who gets a turn now and then. */
export function createLocalDigester(hashing: Hashing, signal?: AbortSignal): FileDigester {
  const hashFile = createFileHasher(hashing)
  const turns = new Turns(signal)
  return {
    concurrency: 1,
    async digest(path, algorithm) {
      const steps = hashFile(path, algorithm)
      for (;;) {
        if (turns.isOver) await turns.give()
        const step = steps.next()
        if (step.done) return new Digest(algorithm, step.value)
      }
    },
    async close() {},
    async [Symbol.asyncDispose]() {},
  }
}

/** Computes the digest of a file in steps that take about a millisecond. */
export type FileHasher = (path: string, algorithm: Algorithm) => Generator<void, Uint8Array>

/** Returns a hasher whose runs share one buffer: one has to end before the next begins. */
export function createFileHasher(hashing: Hashing): FileHasher {
  const buffer = new Uint8Array(READ_SIZE)
  return function* hashFile(path, algorithm) {
    const file = openForReading(path)
    try {
      const status = fstatSync(file)
      if (!status.isFile()) throw notAFile(path, status.isDirectory())
      if (status.size <= buffer.length) {
        const count = readFully(file, buffer.subarray(0, status.size), 0)
        return fsverityDigest(buffer.subarray(0, count), { algorithm, hashing }).bytes
      }
      const digest = createFsverity({ algorithm, hashing })
      for (let offset = 0; ; ) {
        const count = readFully(file, buffer, offset)
        digest.update(buffer.subarray(0, count))
        if (count < buffer.length) return digest.digest().bytes
        offset += count
        yield
      }
    } finally {
      closeSync(file)
    }
  }
}

function notAFile(path: string, isDirectory: boolean): Error {
  const code = isDirectory ? 'EISDIR' : 'ENXIO'
  const message = `${code}: no regular file, open '${path}'`
  return Object.assign(new Error(message), { code, syscall: 'open', path })
}
