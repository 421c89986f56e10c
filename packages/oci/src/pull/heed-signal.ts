import type { EventLoopTurns } from './event-loop-turns.ts'

/** How long a source may take to end after it was told to, in ms. */
const GRACE = 2000

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
      if (next.done) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    await (signal.aborted ? closeSoon(iterator) : iterator.return?.())
  }
}

/** Closes the source of an aborted transfer. Its errors are consequences of the abort. */
async function closeSoon(iterator: AsyncIterator<Uint8Array>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>(resolve => {
    timer = setTimeout(resolve, GRACE)
  })
  const closing = Promise.resolve(iterator.return?.()).catch(() => {})
  await Promise.race([closing, patience])
  clearTimeout(timer)
}
