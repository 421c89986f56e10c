import type { Worker } from 'node:worker_threads'
import { type Algorithm, Digest } from '@composefs/fsverity'
import type { DigestAnswer, DigestRequest } from './digest-messages.ts'
import type { FileDigester } from './file-digester.ts'

/** Most files in one message: a message costs as much as hashing a few small files. */
const BATCH_FILES = 16
/** Batches that a thread has before it: the one it works on, and the next. */
const BATCHES_AHEAD = 2

/** How to compute digests in threads. */
export interface ThreadDigesterOptions {
  readonly threads: number
  /** Starts a thread that runs `serveDigests` on its port. */
  createWorker(): Worker
  /** Aborted: whatever has been asked for and is not done is rejected. */
  readonly signal?: AbortSignal
}

interface Job {
  readonly path: string
  readonly algorithm: Algorithm
  resolve(digest: Digest): void
  reject(error: unknown): void
}

/**
 * Computes digests in threads. They are started when there is work for them, and files go to them in batches; when one
 * dies, everything that is asked for is rejected.
 */
export function createThreadDigester(options: ThreadDigesterOptions): FileDigester {
  return new ThreadDigester(options)
}

class ThreadDigester implements FileDigester {
  readonly concurrency: number
  readonly #threadsMax: number
  readonly #createWorker: () => Worker
  readonly #threads: DigestThread[] = []
  #waiting: Job[] = []
  #isFlushQueued = false
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = () => this.#fail(this.#signal?.reason)
  #hasFailed = false
  #failure: unknown

  constructor({ threads, createWorker, signal }: ThreadDigesterOptions) {
    this.#threadsMax = Math.max(1, threads)
    this.#createWorker = createWorker
    this.#signal = signal
    this.concurrency = this.#threadsMax * BATCHES_AHEAD * BATCH_FILES
    signal?.addEventListener('abort', this.#onAbort)
    if (signal?.aborted) this.#onAbort()
  }

  digest(path: string, algorithm: Algorithm): Promise<Digest> {
    return new Promise((resolve, reject) => {
      if (this.#hasFailed) return reject(this.#failure)
      this.#waiting.push({ path, algorithm, resolve, reject })
      if (this.#waiting.length >= BATCH_FILES) this.#flush()
      else if (!this.#isFlushQueued) this.#queueFlush()
    })
  }

  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#fail(new Error('the digester has been closed'))
    await Promise.all(this.#threads.map(thread => thread.stop()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** What does not fill a batch is sent when the caller has nothing more to ask for now. */
  #queueFlush(): void {
    this.#isFlushQueued = true
    setImmediate(() => {
      this.#isFlushQueued = false
      this.#flush()
    })
  }

  #flush(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#idlest()
      if (thread === undefined) return
      const algorithm = this.#waiting[0]?.algorithm
      const end = this.#waiting.findIndex(job => job.algorithm !== algorithm)
      thread.send(this.#waiting.splice(0, Math.min(end < 0 ? BATCH_FILES : end, BATCH_FILES)))
    }
  }

  /** A thread with room for one more batch: one that has nothing to do, else a new one, else the least busy. */
  #idlest(): DigestThread | undefined {
    const [thread] = this.#threads.toSorted((a, b) => a.load - b.load)
    if (thread?.load === 0) return thread
    if (this.#threads.length < this.#threadsMax) return this.#start()
    return thread !== undefined && thread.load < BATCHES_AHEAD ? thread : undefined
  }

  #start(): DigestThread {
    const thread = new DigestThread(this.#createWorker(), {
      onAnswer: () => this.#flush(),
      onFailure: error => this.#fail(error),
    })
    this.#threads.push(thread)
    return thread
  }

  #fail(error: unknown): void {
    if (!this.#hasFailed) this.#failure = error
    this.#hasFailed = true
    for (const { reject } of this.#waiting.splice(0)) reject(error)
    for (const thread of this.#threads) thread.rejectAll(error)
  }
}

interface ThreadListeners {
  onAnswer(): void
  onFailure(error: Error): void
}

class DigestThread {
  readonly #worker: Worker
  readonly #batches = new Map<number, readonly Job[]>()
  #lastId = 0

  constructor(worker: Worker, { onAnswer, onFailure }: ThreadListeners) {
    this.#worker = worker
    worker.on('message', (answer: DigestAnswer) => {
      this.#settle(answer)
      onAnswer()
    })
    worker.on('error', onFailure)
    worker.on('messageerror', onFailure)
    worker.on('exit', code => onFailure(new Error(`a thread that hashes has ended: exit ${code}`)))
  }

  /** Batches that are not done. */
  get load(): number {
    return this.#batches.size
  }

  send(jobs: readonly Job[]): void {
    const [first] = jobs
    if (first === undefined) return
    const id = ++this.#lastId
    this.#batches.set(id, jobs)
    const request: DigestRequest = {
      id,
      algorithm: first.algorithm.name,
      paths: jobs.map(job => job.path),
    }
    this.#worker.postMessage(request)
  }

  rejectAll(error: unknown): void {
    const batches = [...this.#batches.values()]
    this.#batches.clear()
    for (const job of batches.flat()) job.reject(error)
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  #settle({ id, digests, failures }: DigestAnswer): void {
    const jobs = this.#batches.get(id) ?? []
    this.#batches.delete(id)
    const failed = new Map(failures.map(failure => [failure.index, failure]))
    for (const [index, job] of jobs.entries()) {
      const failure = failed.get(index)
      const size = job.algorithm.digestSize
      if (failure === undefined) {
        job.resolve(new Digest(job.algorithm, digests.slice(index * size, (index + 1) * size)))
      } else {
        const { code, message, syscall } = failure
        job.reject(Object.assign(new Error(message), { code, syscall }))
      }
    }
  }
}
