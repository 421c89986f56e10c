/** Bytes of known length that are read at any place: an array, or an open file. */
export interface ByteSource {
  /** Length in bytes. */
  readonly size: number
  /** Exactly `length` bytes from `offset` on; the range lies inside the source. The result may alias the source. */
  read(offset: number, length: number): Uint8Array
}

/** A source over an array. What it reads are views of `bytes`. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) }
}

/** A part of a source, from `start` up to `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}
