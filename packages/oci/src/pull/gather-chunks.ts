import { concatBytes } from '@composefs/bytes'
import { closeSoon } from '../close-soon.ts'

/** Bytes of a gathered chunk: with fewer, what a chunk costs on its way through inflate and hashes adds up. */
const GATHERED_SIZE = 256 * 1024
/** How long a chunk waits for others, in ms: on a slow line it goes on alone. */
const PATIENCE = 50

/** Yields the same bytes in larger chunks: sockets give 64 KiB or less at a time. Large chunks are passed on as they are. */
export async function* gatherChunks(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]()
  let pending: Promise<IteratorResult<Uint8Array>> | undefined
  let isDone = false
  let parts: Uint8Array[] = []
  let size = 0
  const take = (): Uint8Array => {
    const [first = new Uint8Array(0)] = parts
    const gathered = parts.length === 1 ? first : concatBytes(parts)
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

/** The value of a promise; undefined when it takes longer than a chunk may wait. */
function inTime<T>(promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, PATIENCE, undefined)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
