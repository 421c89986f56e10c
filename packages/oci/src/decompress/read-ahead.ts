import { closeSoon } from '../transfer/close-soon.ts'

/**
 * Yields what `source` yields, and asks it for the next value before the caller is done with the last one: work of the
 * thread pool (reading, inflating) then goes on beside that of this thread.
 *
 * Values must stay valid while the next one is made.
 */
export async function* readAhead<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  let isDone = false
  try {
    let next = iterator.next()
    for (;;) {
      const result = await next
      isDone = result.done === true
      if (result.done) return
      next = iterator.next()
      // It may fail while nobody waits for it; the error is thrown where it is awaited.
      next.catch(() => {})
      yield result.value
    }
  } finally {
    // The next value is on its way, and whoever leaves has seen enough.
    if (!isDone) await closeSoon(iterator)
  }
}
