import { Worker, type WorkerOptions } from 'node:worker_threads'
import { requiredAsset } from './assets.ts'

/** Stands for `repository/helper-worker.ts`: a thread is started from text, since there is no file. */
export function startHelperWorker(options: WorkerOptions): Worker {
  return new Worker(requiredAsset('helper.js').toString('latin1'), { ...options, eval: true })
}
