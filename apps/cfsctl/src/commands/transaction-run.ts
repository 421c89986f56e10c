import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import type { Result } from '../output/result.ts'
import { openChosen } from '../repository/open.ts'
import type { transaction } from './transaction.ts'

/** A timer keeps the process alive, and this is the longest one there is, in ms. */
const FOREVER = 2 ** 31 - 1

export async function run(_args: Args<typeof transaction>, context: Context): Promise<Result> {
  const { console, signal } = context
  await using repository = await openChosen(context)
  console.notice(`holding the lock of ${repository.path}; SIGINT or SIGTERM ends it`)
  await aborted(signal)
  // To be killed is how it ends, so that is no error.
  return {}
}

async function aborted(signal: AbortSignal): Promise<void> {
  const timer = setInterval(() => {}, FOREVER)
  await new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  clearInterval(timer)
}
