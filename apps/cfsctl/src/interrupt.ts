/** Why a command was asked to stop. */
export class InterruptError extends Error {
  override readonly name = 'InterruptError'
  readonly signal: 'SIGINT' | 'SIGTERM'

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(signal === 'SIGINT' ? 'interrupted' : 'terminated')
    this.signal = signal
  }

  /** What a shell reports for a program that the signal ended. */
  get exitStatus(): number {
    return this.signal === 'SIGINT' ? 130 : 143
  }
}

/**
 * A signal that SIGINT and SIGTERM abort, with an InterruptError as the reason. The second one ends the process at
 * once, which is safe: names are only given to what is complete.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      const reason = new InterruptError(name)
      if (controller.signal.aborted) process.exit(reason.exitStatus)
      controller.abort(reason)
    })
  }
  return controller.signal
}
