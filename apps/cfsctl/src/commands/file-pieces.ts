import { readSync } from 'node:fs'

const PIECE = 1 << 20

/** The bytes of a file just opened, which may be a pipe, in pieces that are valid until the next one. */
export function* filePieces(file: number): Generator<Uint8Array> {
  const buffer = new Uint8Array(PIECE)
  for (;;) {
    const length = readSync(file, buffer, 0, PIECE, null)
    if (length === 0) return
    yield buffer.subarray(0, length)
  }
}
