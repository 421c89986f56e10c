import { closeSoon } from './close-soon.ts'
import type { EventLoopTurns } from './event-loop-turns.ts'

/**
 * Yields what `chunks` yields, and stops with the reason of `signal` when that is aborted, even while the next chunk is
 * on its way. The source is then closed; one that does not heed that is left behind after a while, so that whoever
 * waits for the end of all transfers never waits for ever.
 */
export async function* heedSignal(
  chunks: AsyncIterable<Uint8Array>,
  { signal, turns }: { readonly signal: AbortSignal; readonly turns: EventLoopTurns },
): AsyncGenerator<Uint8Array, void, undefined> {
  signal.throwIfAborted()
  const iterator = chunks[Symbol.asyncIterator]()
  let isDone = false
  let stop: (reason: unknown) => void = () => {}
  const onAbort = () => stop(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    for (;;) {
      const turn = turns.due()
      if (turn !== undefined) await turn
      signal.throwIfAborted()
      // Not Promise.race: a promise that lives as long as the transfer would gather a reaction for every chunk.
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        stop = reject
        iterator.next().then(resolve, reject)
      })
      isDone = next.done === true
      if (next.done) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    if (!isDone) await closeSoon(iterator)
  }
}
