import { Worker } from 'node:worker_threads'
import type { ObjectHelpers } from '../../src/index.ts'

/** Threads that do object jobs, from source. */
export function objectHelpers(threads: number): ObjectHelpers {
  return {
    threads,
    createWorker: workerData =>
      new Worker(new URL('object-worker.ts', import.meta.url), {
        execArgv: ['--conditions=composefs-source', '--no-warnings'],
        workerData,
      }),
  }
}
