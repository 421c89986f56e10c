import { type BigIntStats, closeSync, fstatSync } from 'node:fs'
import { type LeafContent, SIZE_MAX } from '@composefs/tree'
import { RepositoryError } from './errors.ts'
import { openForReading, readFully } from './file-bytes.ts'
import type { ObjectStore } from './object-store.ts'
import type { FileDescriptor } from './system.ts'
import { isUnchanged } from './work/seen-file.ts'

/** Up to here a file is read as a whole and hashed first, which saves writing it when the object is there. */
const WHOLE_MAX = 256 * 1024

/** Bytes read at once of larger files. */
const PIECE = 1024 * 1024

/** What went wrong where the contents of files go to: it is not about the file that was being read. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure'

  constructor(cause: unknown) {
    super('an object cannot be stored', { cause })
  }
}

/** Reads the regular files of a directory: small ones stay as they are, larger ones become objects. */
export class FileReader {
  readonly #objects: ObjectStore
  readonly #inlineLimit: number
  readonly #buffer = new Uint8Array(PIECE)

  constructor(objects: ObjectStore, inlineLimit: number) {
    this.#objects = objects
    this.#inlineLimit = inlineLimit
  }

  /**
   * Reads the file at `path`, which looked like `seen` a moment ago.
   *
   * @throws RepositoryError ERR_REPOSITORY_SCAN_CHANGED when it is another file by now, or changes under the reader
   */
  read(path: Uint8Array, seen: BigIntStats): LeafContent {
    const file = openForReading(Buffer.from(path))
    try {
      assertUnchanged(seen, fstatSync(file, { bigint: true }))
      const content = this.#content(file, Number(seen.size))
      assertUnchanged(seen, fstatSync(file, { bigint: true }))
      return content
    } finally {
      closeSync(file)
    }
  }

  #content(file: FileDescriptor, size: number): LeafContent {
    if (size > SIZE_MAX) {
      const facts = { expected: `at most ${SIZE_MAX}`, actual: size }
      throw new RepositoryError('ERR_REPOSITORY_SCAN_UNSUPPORTED', 'a file too large', facts)
    }
    if (size > WHOLE_MAX) return this.#large(file, size)
    // One byte more than there should be shows a file that grows.
    const room = this.#buffer.subarray(0, size + 1)
    const data = room.subarray(0, readFully(file, room, 0))
    assertSize(data.length, size)
    if (size <= this.#inlineLimit) return { kind: 'inline', data }
    return { kind: 'external', digest: storing(() => this.#objects.put(data)).digest, size }
  }

  #large(file: FileDescriptor, size: number): LeafContent {
    const writer = storing(() => this.#objects.create())
    try {
      let total = 0
      for (;;) {
        const length = readFully(file, this.#buffer, total)
        total += length
        if (length === 0 || total > size) break
        storing(() => writer.write(this.#buffer.subarray(0, length)))
      }
      assertSize(total, size)
      return { kind: 'external', digest: storing(() => writer.finish()).digest, size }
    } finally {
      storing(() => writer.abort())
    }
  }
}

/** Runs a step of who stores: its failures are not about the file. */
export function storing<T>(step: () => T): T {
  try {
    return step()
  } catch (error) {
    throw new StoreFailure(error)
  }
}

function assertUnchanged(seen: BigIntStats, now: BigIntStats): void {
  if (!isUnchanged(seen, now)) throw changedFile({})
}

function assertSize(actual: number, expected: number): void {
  if (actual !== expected) throw changedFile({ expected, actual })
}

/** The error for a file that is not what it was a moment ago. */
export function changedFile(facts: { expected?: number; actual?: number }): RepositoryError {
  const message = 'the file changed while it was read'
  return new RepositoryError('ERR_REPOSITORY_SCAN_CHANGED', message, facts)
}
