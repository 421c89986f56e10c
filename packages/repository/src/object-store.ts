import type { Algorithm, Digest } from '@composefs/fsverity'

/** Content that is in the store now. */
export interface PutResult {
  readonly digest: Digest
  /** False when the store had it already. */
  readonly isNew: boolean
  /** Bytes of the content. */
  readonly size: number
}

/** Content by fs-verity digest: on disk, in memory, or only counted. */
export interface ObjectStore {
  readonly algorithm: Algorithm
  /** Whether an object of this digest is there. Its content is not read. */
  has(id: Digest): boolean
  /** Stores bytes that are in memory. They are not kept by reference. */
  put(content: Uint8Array): PutResult
  /** Starts content that arrives in order, of any size. */
  create(): ObjectWriter
  /** Opens an object. The caller closes it. */
  open(id: Digest): ObjectHandle
  /** The whole content, at most `maxSize` bytes of it if that is given. */
  read(id: Digest, options?: { readonly maxSize?: number }): Uint8Array
  /** Yields the content in pieces that stay valid. Breaking out of the loop closes the object. */
  chunks(id: Digest): Generator<Uint8Array>
}

/** One object in the making. End it by `finish` or `abort`. */
export interface ObjectWriter {
  /** Appends `chunk`, which may be reused after the call. */
  write(chunk: Uint8Array): void
  /** Puts the content into the store. The writer is closed, whether it succeeds or not. */
  finish(): PutResult
  /** Drops the content. After `finish` or `abort` it does nothing. */
  abort(): void
}

/** An open object: bytes that can be read anywhere, of a size that does not change. */
export interface ObjectHandle {
  readonly size: number
  /** The bytes from `offset` on, exactly `length` of them, in new memory. */
  read(offset: number, length: number): Uint8Array
  /** Closes the file. */
  close(): void
  /** The same as `close`. */
  [Symbol.dispose](): void
}
