import type { FileHandle } from 'node:fs/promises'
import { OciError } from '../errors.ts'

/** Bytes read at once: large enough that the calls do not count, small against the budget of a pull. */
const CHUNK_SIZE = 1 << 20

/**
 * Reads `size` bytes from `start` of a file. The next chunk is on its way while the caller works on this one.
 *
 * @throws OciError ERR_OCI_SIZE_MISMATCH when the file ends early: somebody cut it meanwhile
 */
export async function* readRange(
  file: FileHandle,
  range: { readonly start: number; readonly size: number; readonly name: string },
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { start, size, name } = range
  const readAt = async (at: number) => {
    const length = Math.min(CHUNK_SIZE, size - at)
    // Its own memory each time: consumers hand chunks to decompressors that keep them a while.
    const buffer = Buffer.allocUnsafeSlow(length)
    const { bytesRead } = await file.read(buffer, 0, length, start + at)
    // No Buffer: its `slice` does not copy.
    return new Uint8Array(buffer.buffer, 0, bytesRead)
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
