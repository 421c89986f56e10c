import { Worker } from 'node:worker_threads'
import type { SharedSlots } from '../src/index.ts'
import type { Shared } from './checked-work.ts'

/** What a thread of the tests is told. Without slots it opens the gate after a while. */
export interface WorkerData {
  readonly slots: SharedSlots | undefined
  readonly shared: SharedArrayBuffer
  readonly behaviour: string | undefined
}

export function startWorker(
  slots: SharedSlots | undefined,
  shared: Shared,
  behaviour?: string,
): Worker {
  const workerData: WorkerData = { slots, shared: shared.memory, behaviour }
  return new Worker(new URL('worker.ts', import.meta.url), {
    execArgv: ['--conditions=composefs-source', '--no-warnings'],
    workerData,
  })
}
