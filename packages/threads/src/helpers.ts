import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { Control, type SlotMemory } from './slot-memory.ts'

/** The threads that work on slots beside their owner. */
export class Helpers {
  readonly #control: Int32Array
  readonly #onFailure: (error: Error) => void
  readonly #workers: { readonly worker: Worker; readonly ended: Promise<unknown> }[] = []
  #isClosing = false
  #isBusy = false

  /** `onFailure` is told of a thread that dies. */
  constructor(memory: SlotMemory, onFailure: (error: Error) => void) {
    this.#control = memory.control
    this.#onFailure = onFailure
  }

  get count(): number {
    return this.#workers.length
  }

  add(worker: Worker): void {
    const ended = once(worker, 'exit').catch(() => {})
    worker.once('error', error => this.#fail(toError(error)))
    worker.once('messageerror', error => this.#fail(error))
    worker.once('exit', status =>
      this.#fail(new Error(`a helper thread has ended: exit ${status}`)),
    )
    if (!this.#isBusy) worker.unref()
    this.#workers.push({ worker, ended })
  }

  /** While there is work for them the threads keep the process alive, and only then. */
  setBusy(isBusy: boolean): void {
    if (this.#isBusy === isBusy) return
    this.#isBusy = isBusy
    for (const { worker } of this.#workers) isBusy ? worker.ref() : worker.unref()
  }

  /** Tells the threads to end, and waits until all have: none of them may be inside a native call when a process ends. */
  async close(): Promise<void> {
    this.#isClosing = true
    Atomics.store(this.#control, Control.quit, 1)
    Atomics.notify(this.#control, Control.work)
    for (const { worker } of this.#workers) worker.ref()
    await Promise.all(this.#workers.map(({ ended }) => ended))
    this.#workers.length = 0
  }

  #fail(error: Error): void {
    if (!this.#isClosing) this.#onFailure(error)
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
