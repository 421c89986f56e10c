import { Worker } from 'node:worker_threads'
import { type FindingKind, Findings } from './findings.ts'
import type { WorkerMessage, WorkerOptions } from './messages.ts'
import { SharedInput } from './shared-input.ts'

/** Milliseconds an input may take. */
const TIME_MAX = 1000
/** Resident memory of the process, Node and all seeds included, in MiB. */
const MEMORY_MAX = 256
/** Milliseconds of the processor after which a worker is given up: more than TIME_MAX, since it measures better. */
const HANG = 10_000
/** Milliseconds on the clock after which it is given up in any case: it waits for something that never comes. */
const STUCK = 120_000
const LOOK_EVERY = 250
/** Heap of the worker in MiB: garbage must not look like memory that is needed. */
const HEAP = { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 96 }

export interface SessionOptions {
  readonly target: string
  readonly seed: number
  readonly seconds: number
  readonly corpusDirectory: string
  readonly findingsDirectory: string
  onFinding(text: string): void
}

export interface SessionResult {
  readonly inputs: number
  readonly seconds: number
  readonly findings: number
  readonly slowestMilliseconds: number
  readonly peakMebibytes: number
  /** Inputs that were kept, seeds included, and the ways that inputs took. */
  readonly kept: number
  readonly ways: number
}

/** Fuzzes one target in a worker, and goes on with the next seed where one hangs or dies. */
export async function runSession(options: SessionOptions): Promise<SessionResult> {
  const session = new Session(options)
  const start = performance.now()
  for (let seed = options.seed; ; seed++) {
    const left = options.seconds - (performance.now() - start) / 1000
    // The run is over, or its worker never got to work.
    if (left <= 0 || (seed > options.seed && session.inputs === 0)) break
    await session.runWorker(seed, left)
  }
  return session.result((performance.now() - start) / 1000)
}

class Session {
  readonly #options: SessionOptions
  readonly #findings: Findings
  #before = 0
  #count = 0
  #slowest = 0
  #peak = 0
  #kept = 0
  #ways = 0

  constructor(options: SessionOptions) {
    this.#options = options
    this.#findings = new Findings(options.findingsDirectory)
  }

  get inputs(): number {
    return this.#before + this.#count
  }

  result(seconds: number): SessionResult {
    return {
      inputs: this.inputs,
      seconds,
      findings: this.#findings.count,
      slowestMilliseconds: this.#slowest,
      peakMebibytes: this.#peak,
      kept: this.#kept,
      ways: this.#ways,
    }
  }

  /** Returns when the time is over or the worker is. */
  async runWorker(seed: number, seconds: number): Promise<void> {
    const shared = new SharedInput()
    const { target, corpusDirectory } = this.#options
    const workerData: WorkerOptions = {
      target,
      seed,
      seconds,
      corpusDirectory,
      memory: shared.memory,
    }
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData,
      resourceLimits: HEAP,
    })
    worker.on('message', (message: WorkerMessage) => this.#take(message, seed))
    worker.on('error', error => {
      const kind =
        (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'crash'
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
      this.#add(kind, { seed, number: shared.current ?? 0, input: shared.read(), detail })
    })
    const watch = this.#watch(worker, shared, seed)
    await new Promise<void>(resolve => worker.once('exit', () => resolve()))
    clearInterval(watch)
    this.#before += this.#count
    this.#count = 0
  }

  /** Ends the worker when it takes far too long for one input. */
  #watch(worker: Worker, shared: SharedInput, seed: number): NodeJS.Timeout {
    let seen: number | undefined
    let since = 0
    let used = process.cpuUsage()
    return setInterval(() => {
      const { current } = shared
      if (current === undefined || current !== seen) {
        seen = current
        since = performance.now()
        used = process.cpuUsage()
        return
      }
      const { user, system } = process.cpuUsage(used)
      const milliseconds = (user + system) / 1000
      if (milliseconds < HANG && performance.now() - since < STUCK) return
      const detail = `more than ${Math.round(milliseconds)} ms, and it is not over`
      this.#slowest = Math.max(this.#slowest, milliseconds)
      this.#add('hang', { seed, number: current, input: shared.read(), detail })
      void worker.terminate()
    }, LOOK_EVERY)
  }

  #take(message: WorkerMessage, seed: number): void {
    switch (message.kind) {
      case 'progress':
        this.#count = message.count
        this.#kept = message.kept
        this.#ways = message.ways
        break
      case 'crash':
        this.#add('crash', { ...message, seed })
        break
      case 'slowest':
        this.#slowest = Math.max(this.#slowest, message.milliseconds)
        if (message.milliseconds > TIME_MAX) {
          this.#add('hang', { ...message, seed, detail: `${message.milliseconds.toFixed(0)} ms` })
        }
        break
      case 'memory':
        this.#peak = Math.max(this.#peak, message.mebibytes)
        if (message.mebibytes > MEMORY_MAX) {
          const detail = `${message.mebibytes.toFixed(0)} MiB, ${message.now.toFixed(0)} MiB afterwards`
          this.#add('memory', { ...message, seed, detail })
        }
        break
    }
  }

  #add(
    kind: FindingKind,
    found: {
      readonly seed: number
      readonly number: number
      readonly input: Uint8Array
      readonly detail: string
    },
  ): void {
    const path = this.#findings.add({ ...found, kind, target: this.#options.target })
    if (path === undefined) return
    const [first = ''] = found.detail.split('\n')
    this.#options.onFinding(`${kind}: ${first}: ${path} (${found.input.length} bytes)`)
  }
}
