import { parentPort } from 'node:worker_threads'

/** What a worker is told. */
export interface WorkerOptions {
  readonly target: string
  readonly seed: number
  readonly seconds: number
  /** Inputs of earlier runs. */
  readonly corpusDirectory: string
  /** Of the SharedInput. */
  readonly memory: SharedArrayBuffer
}

/** What a worker tells. */
export type WorkerMessage =
  | {
      readonly kind: 'progress'
      readonly count: number
      readonly kept: number
      readonly ways: number
    }
  | (Numbered & { readonly kind: 'crash'; readonly detail: string })
  | (Numbered & { readonly kind: 'slowest'; readonly milliseconds: number })
  /** The process is larger than ever, in MiB. */
  | (Numbered & { readonly kind: 'memory'; readonly mebibytes: number; readonly now: number })

interface Numbered {
  readonly number: number
  readonly input: Uint8Array
}

/** Tells the watcher. */
export function send(message: WorkerMessage): void {
  parentPort?.postMessage(message)
}
