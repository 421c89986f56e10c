import type { FileHandle } from 'node:fs/promises'
import { OciError } from '../errors.ts'

/** Bytes read at once: large enough that the calls do not count, small against the budget of a pull. */
const CHUNK_SIZE = 1 << 20

/** One that is used, one that is still valid, one that is asked for, one that is read. */
const BUFFERS = 4

/** Smaller chunks, which few files give, have memory of their own. */
const REUSED_SIZE = 64 * 1024

/** How to read part of a file, or all of it. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  /**
   * True when the caller is done with each chunk before it asks for the next but one: its memory may be used again
   * then. Default: each chunk is the caller's own.
   */
  readonly areShortLived?: boolean | undefined
}

/**
 * Reads `size` bytes from `start` of a file. The next chunk is on its way while the caller works on this one.
 *
 * @throws OciError ERR_OCI_SIZE_MISMATCH when the file ends early: somebody cut it meanwhile
 */
export async function* readRange(
  file: FileHandle,
  range: { readonly start: number; readonly size: number; readonly name: string },
  { signal, areShortLived = false }: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const { start, size, name } = range
  const memory = areShortLived ? new ChunkRing(Math.min(CHUNK_SIZE, size)) : undefined
  const readAt = async (at: number) => {
    const length = Math.min(CHUNK_SIZE, size - at)
    const buffer = memory?.next() ?? ownMemory(length)
    const { bytesRead } = await file.read(buffer, 0, length, start + at)
    const chunk = buffer.subarray(0, bytesRead)
    // Whoever looks at the beginning of a blob holds small pieces for longer.
    return bytesRead < REUSED_SIZE ? chunk.slice() : chunk
  }
  let next = size > 0 ? readAt(0) : undefined
  try {
    for (let at = 0; next !== undefined; ) {
      signal?.throwIfAborted()
      const chunk: Uint8Array = await next
      if (chunk.length === 0) {
        throw new OciError('ERR_OCI_SIZE_MISMATCH', `${name} ends after ${at} of ${size} bytes`, {
          path: name,
          expected: size,
          actual: at,
        })
      }
      at += chunk.length
      next = at < size ? readAt(at) : undefined
      yield chunk
    }
  } finally {
    // A read that nobody waits for must neither outlive the file nor fail unheard.
    await next?.catch(() => undefined)
  }
}

/** Memory that is used again: for a gigabyte it would be garbage that the collector notices late. */
class ChunkRing {
  readonly #size: number
  readonly #buffers: Uint8Array[] = []
  #turn = 0

  constructor(size: number) {
    this.#size = size
  }

  next(): Uint8Array {
    this.#turn = (this.#turn + 1) % BUFFERS
    this.#buffers[this.#turn] ??= ownMemory(this.#size)
    return this.#buffers[this.#turn] as Uint8Array
  }
}

/** Memory that nothing else shares. No Buffer: its `slice` does not copy. */
function ownMemory(size: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)
}
