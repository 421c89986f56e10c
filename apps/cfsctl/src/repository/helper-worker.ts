import { Worker, type WorkerOptions } from 'node:worker_threads'

/**
 * Starts a thread that hashes and stores beside the main one. The executable for hosts without Node has another file
 * in this one's place (`executable/helper-worker.ts`).
 */
export function startHelperWorker(options: WorkerOptions): Worker {
  return new Worker(helperFile(), options)
}

/** The entry of the threads: beside this file's chunk in a build, else a source file. */
function helperFile(): URL {
  const isSource = import.meta.url.endsWith('.ts')
  return new URL(isSource ? '../helper-thread.ts' : './helper-thread.js', import.meta.url)
}
