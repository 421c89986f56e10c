import { closeSync, fstatSync } from 'node:fs'
import type { Digest } from '@composefs/fsverity'
import { isErrno, RepositoryError } from './errors.ts'
import { openForReading, PIECE_SIZE, readFully } from './file-bytes.ts'
import type { ObjectHandle } from './object-store.ts'
import type { FileDescriptor } from './system.ts'

/** The file of an object, open for reading. */
export class OpenObject implements ObjectHandle {
  readonly file: FileDescriptor
  /** The name it was opened by. */
  readonly path: string
  readonly size: number
  readonly #id: Digest
  #isOpen = true

  private constructor(
    id: Digest,
    opened: { readonly file: FileDescriptor; readonly path: string; readonly size: number },
  ) {
    this.#id = id
    this.file = opened.file
    this.path = opened.path
    this.size = opened.size
  }

  /**
   * Opens the file of an object; its content is not looked at.
   *
   * @throws RepositoryError ERR_REPOSITORY_OBJECT_NOT_FOUND, _NOT_A_FILE
   */
  static open(id: Digest, path: string): OpenObject {
    const file = openRegular(id, path)
    try {
      const status = fstatSync(file)
      if (!status.isFile()) throw notAFile(id, path)
      return new OpenObject(id, { file, path, size: status.size })
    } catch (error) {
      closeSync(file)
      throw error
    }
  }

  /**
   * @throws RangeError for bytes that lie outside of the object
   * @throws RepositoryError ERR_REPOSITORY_OBJECT_TRUNCATED when the file got shorter since it was opened
   */
  read(offset: number, length: number): Uint8Array {
    if (offset < 0 || length < 0 || offset + length > this.size) {
      throw new RangeError(`bytes ${offset} to ${offset + length} of an object of ${this.size}`)
    }
    // Not from the pool of small buffers: a caller may keep a few bytes for long.
    const buffer = new Uint8Array(length)
    this.fill(buffer, offset)
    return buffer
  }

  /**
   * Reads as many bytes as `target` has, from `offset` on.
   *
   * @throws RepositoryError ERR_REPOSITORY_OBJECT_TRUNCATED when the file has not that many
   */
  fill(target: Uint8Array, offset: number): void {
    const count = readFully(this.file, target, offset)
    if (count === target.length) return
    throw new RepositoryError(
      'ERR_REPOSITORY_OBJECT_TRUNCATED',
      `object ${this.#id.hex} ends at byte ${offset + count}, not ${this.size}`,
      { digest: this.#id.hex, expected: this.size, actual: offset + count },
    )
  }

  /** Yields the whole content, in new memory. */
  *pieces(): Generator<Uint8Array> {
    for (let at = 0; at < this.size; at += PIECE_SIZE) {
      yield this.read(at, Math.min(PIECE_SIZE, this.size - at))
    }
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    closeSync(this.file)
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

function openRegular(id: Digest, path: string): FileDescriptor {
  try {
    return openForReading(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) throw objectNotFound(id, path, error)
    // A symlink, and a socket.
    if (isErrno(error, 'ELOOP', 'ENXIO')) throw notAFile(id, path)
    throw error
  }
}

/** The error for an object that is not there. */
export function objectNotFound(id: Digest, path?: string, cause?: unknown): RepositoryError {
  return new RepositoryError(
    'ERR_REPOSITORY_OBJECT_NOT_FOUND',
    `no object ${id.hex}`,
    { digest: id.hex, ...(path === undefined ? {} : { path }) },
    cause === undefined ? undefined : { cause },
  )
}

/** @throws RepositoryError ERR_REPOSITORY_OBJECT_TOO_LARGE */
export function assertSize(id: Digest, size: number, maxSize: number | undefined): void {
  if (maxSize === undefined || size <= maxSize) return
  throw new RepositoryError(
    'ERR_REPOSITORY_OBJECT_TOO_LARGE',
    `object ${id.hex} has ${size} bytes, more than ${maxSize}`,
    { digest: id.hex, expected: maxSize, actual: size },
  )
}

/** The error for something else than a file in the place of an object. */
export function notAFile(id: Digest, path: string): RepositoryError {
  return new RepositoryError('ERR_REPOSITORY_NOT_A_FILE', `${path} is no regular file`, {
    path,
    digest: id.hex,
  })
}
