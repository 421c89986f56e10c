/** The signals that ask a command to stop: what it says then, and what a shell reports for a program that they ended. */
const SIGNALS = {
  SIGHUP: { says: 'hung up', exitStatus: 129 },
  SIGINT: { says: 'interrupted', exitStatus: 130 },
  SIGTERM: { says: 'terminated', exitStatus: 143 },
} as const

export type InterruptName = keyof typeof SIGNALS
const INTERRUPTS = Object.keys(SIGNALS) as InterruptName[]

/** Why a command was asked to stop. */
export class InterruptError extends Error {
  override readonly name = 'InterruptError'
  readonly signal: InterruptName

  constructor(signal: InterruptName) {
    super(SIGNALS[signal].says)
    this.signal = signal
  }

  get exitStatus(): number {
    return SIGNALS[this.signal].exitStatus
  }
}

/** What listens to the signals that ask a command to stop. */
export interface Interrupts {
  readonly signal: AbortSignal
  /** From now on the signals end the process as they do by themselves. */
  release(): void
}

/**
 * A signal that SIGHUP, SIGINT and SIGTERM abort, with an InterruptError as the reason. The second one ends the process
 * at once, which is safe: names are only given to what is complete.
 *
 * A terminal that is closed counts, too: what was started for us and what is half written would be left behind.
 */
export function listenToInterrupts(): Interrupts {
  const controller = new AbortController()
  const listeners = INTERRUPTS.map(name => {
    const listener = () => {
      const reason = new InterruptError(name)
      if (controller.signal.aborted) process.exit(reason.exitStatus)
      controller.abort(reason)
    }
    process.on(name, listener)
    return { name, listener }
  })
  return {
    signal: controller.signal,
    release() {
      for (const { name, listener } of listeners) process.off(name, listener)
    },
  }
}
