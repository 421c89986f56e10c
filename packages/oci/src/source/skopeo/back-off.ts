/** Before the second try, in ms; each further one waits twice as long. */
const FIRST_DELAY = 500

const DELAY_MAX = 30_000

/**
 * How long to wait after a try, in ms: from half of the delay to all of it, so that those who failed together do not
 * come again together.
 *
 * @param tryNumber of the try that failed, from 1
 */
export function backOffDelay(tryNumber: number, random: () => number = Math.random): number {
  const delay = Math.min(FIRST_DELAY * 2 ** (tryNumber - 1), DELAY_MAX)
  return Math.round(delay * (0.5 + random() / 2))
}

/** Waits; throws the reason of `signal` when that is aborted. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await new Promise<void>(resolve => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
  signal.throwIfAborted()
}
