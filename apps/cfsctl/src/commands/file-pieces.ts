import { readSync } from 'node:fs'

const PIECE = 1 << 20

/** The bytes of an open file from its start, in pieces that are valid until the next one. */
export function* filePieces(file: number): Generator<Uint8Array> {
  const buffer = new Uint8Array(PIECE)
  for (let position = 0; ; ) {
    const length = readSync(file, buffer, 0, PIECE, position)
    if (length === 0) return
    position += length
    yield buffer.subarray(0, length)
  }
}
