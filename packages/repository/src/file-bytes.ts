import { constants, openSync, readSync, writeSync } from 'node:fs'
import { isErrno } from './errors.ts'
import type { FileDescriptor } from './system.ts'

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants

/** Bytes that are read at once from a file that is read as a whole. */
export const PIECE_SIZE = 256 * 1024

/** Opens a file for reading. A symlink fails with ELOOP, and a fifo does not block: nobody may ever open its other end. */
export function openForReading(path: string | Buffer): FileDescriptor {
  return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
}

/** Writes all of `data` at the file's position. */
export function writeFully(file: FileDescriptor, data: Uint8Array): void {
  for (let at = 0; at < data.length; ) at += writeSync(file, data, at, data.length - at)
}

/** Fills `buffer` from `offset` on; less than its length only at the end of the file. */
export function readFully(file: FileDescriptor, buffer: Uint8Array, offset: number): number {
  let filled = 0
  while (filled < buffer.length) {
    const count = readSome(file, buffer.subarray(filled), offset + filled)
    if (count === 0) break
    filled += count
  }
  return filled
}

/**
 * One read. Less than `buffer` has is nearly always the end of a regular file. Node repeats interrupted calls, but reads
 * are left to the caller.
 */
export function readSome(file: FileDescriptor, buffer: Uint8Array, offset: number): number {
  for (;;) {
    try {
      return readSync(file, buffer, 0, buffer.length, offset)
    } catch (error) {
      if (!isErrno(error, 'EINTR')) throw error
    }
  }
}

/** Yields a file from its start in pieces. A piece is valid until the next one is asked for. */
export function* readPieces(file: FileDescriptor): Generator<Uint8Array> {
  const buffer = new Uint8Array(PIECE_SIZE)
  for (let offset = 0; ; ) {
    const count = readFully(file, buffer, offset)
    if (count > 0) yield buffer.subarray(0, count)
    if (count < buffer.length) return
    offset += count
  }
}
