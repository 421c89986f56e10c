import type { Worker } from 'node:worker_threads'
import { announce, Control, type SlotMemory } from './slot-memory.ts'

/** The threads that work on slots beside their owner. */
export class HelperThreads {
  readonly #control: Int32Array
  readonly #onFailure: (error: Error) => void
  readonly #workers: { readonly worker: Worker; readonly ended: Promise<void> }[] = []
  #isStopping = false
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
    const ended = new Promise<void>(resolve => worker.once('exit', () => resolve()))
    worker.once('error', error => this.#fail(toError(error)))
    worker.once('exit', status => this.#fail(new Error(`a helper has ended: exit ${status}`)))
    if (!this.#isBusy) worker.unref()
    this.#workers.push({ worker, ended })
  }

  /**
   * While lanes are open the threads keep the process alive, and only then: a lane that waits for them has nothing else
   * that does.
   */
  setBusy(isBusy: boolean): void {
    if (this.#isBusy === isBusy) return
    this.#isBusy = isBusy
    for (const { worker } of this.#workers) isBusy ? worker.ref() : worker.unref()
  }

  /** Tells the threads to end when they have done what they are doing. */
  stop(): void {
    this.#isStopping = true
    Atomics.store(this.#control, Control.quit, 1)
    announce(this.#control)
  }

  /** Waits until all threads have ended after `stop`: none of them may be inside a native call when a process ends. */
  async ended(): Promise<void> {
    for (const { worker } of this.#workers) worker.ref()
    await Promise.all(this.#workers.map(({ ended }) => ended))
  }

  #fail(error: Error): void {
    if (!this.#isStopping) this.#onFailure(error)
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
