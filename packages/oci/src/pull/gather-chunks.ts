import { concatBytes } from '@composefs/bytes'
import { closeSoon } from '../transfer/close-soon.ts'

/** Bytes of a gathered chunk: with fewer, what a chunk costs on its way through inflate and hashes adds up. */
const GATHERED_SIZE = 1024 * 1024
/** Smaller pieces have a buffer of their own. */
const REUSED_SIZE = 64 * 1024
/** One that is read, one that is asked for, one that is filled. */
const BUFFERS = 3
/** How long a chunk waits for others, in ms: on a slow line it goes on alone. */
const PATIENCE = 50

/** Yields the same bytes in larger chunks: sockets give 64 KiB or less at a time. Large chunks are passed on as they are. */
export async function* gatherChunks(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]()
  let pending: Promise<IteratorResult<Uint8Array>> | undefined
  let isDone = false
  const ring = new PieceRing()
  let parts: Uint8Array[] = []
  let size = 0
  const take = (): Uint8Array => {
    const [first = new Uint8Array(0)] = parts
    const gathered = parts.length === 1 ? first : ring.join(parts, size)
    parts = []
    size = 0
    return gathered
  }
  try {
    while (!isDone) {
      pending ??= iterator.next()
      // It may fail while nobody waits for it; the error is thrown where it is awaited.
      pending.catch(() => {})
      const next = await (size === 0 ? pending : inTime(pending))
      if (next === undefined) {
        yield take()
        continue
      }
      pending = undefined
      isDone = next.done === true
      if (next.done) break
      const chunk = next.value
      if (size > 0 && size + chunk.length > GATHERED_SIZE) yield take()
      if (chunk.length > 0) parts.push(chunk)
      size += chunk.length
      if (size >= GATHERED_SIZE) yield take()
    }
    if (size > 0) yield take()
  } finally {
    if (!isDone) await closeSoon(iterator)
  }
}

/**
 * Buffers that are used again and again, for pieces of which each is valid until the next but one is asked for. Fresh
 * ones for all would be garbage that the collector notices late.
 */
class PieceRing {
  readonly #buffers: Uint8Array[] = []
  #turn = 0

  join(parts: readonly Uint8Array[], size: number): Uint8Array {
    // Whoever looks at the beginning of a blob holds small pieces for longer.
    if (size < REUSED_SIZE || size > GATHERED_SIZE) return concatBytes(parts)
    this.#turn = (this.#turn + 1) % BUFFERS
    this.#buffers[this.#turn] ??= new Uint8Array(GATHERED_SIZE)
    const buffer = this.#buffers[this.#turn] as Uint8Array
    let at = 0
    for (const part of parts) {
      buffer.set(part, at)
      at += part.length
    }
    return buffer.subarray(0, size)
  }
}

/** The value of a promise; undefined when it takes longer than a chunk may wait. */
function inTime<T>(promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, PATIENCE, undefined)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
