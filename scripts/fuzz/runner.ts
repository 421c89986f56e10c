import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { send } from './messages.ts'
import type { SharedInput } from './shared-input.ts'
import type { Target } from './target.ts'

/** Milliseconds above which an input is timed again: whatever else the machine does takes time too. */
const TIMED_AGAIN = 50
const MIB = 2 ** 20
/** Resident memory above which garbage is collected before an input: it is no fault of the next one. */
const COLLECT_ABOVE = 190 * MIB
/** Inputs between two collections, which take as long as many inputs. */
const COLLECT_EVERY = 20

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Runs inputs one by one and tells the watcher what is wrong with them. */
export class Runner {
  readonly #target: Target
  readonly #shared: SharedInput
  #slowest = 0
  #peak = 0
  count = 0

  constructor(target: Target, shared: SharedInput) {
    this.#target = target
    this.#shared = shared
  }

  /** What the input did; undefined for a finding. */
  async run(input: Uint8Array): Promise<string | undefined> {
    this.count++
    this.#collectGarbage()
    let way: string | undefined
    let milliseconds = 0
    this.#shared.begin(this.count, input)
    try {
      const watch = new StopWatch()
      way = await this.#target.run(input)
      milliseconds = watch.read()
      for (
        let again = 0;
        again < 2 && milliseconds > Math.max(TIMED_AGAIN, this.#slowest);
        again++
      ) {
        watch.restart()
        await this.#target.run(input)
        milliseconds = Math.min(milliseconds, watch.read())
      }
    } catch (error) {
      send({ kind: 'crash', number: this.count, input, detail: textOf(error) })
    }
    this.#shared.end()
    if (milliseconds > this.#slowest) {
      this.#slowest = milliseconds
      send({ kind: 'slowest', number: this.count, input, milliseconds })
    }
    this.#lookAtMemory(input)
    return way
  }

  /** Seeds are not counted. */
  atStart(): void {
    this.count = 0
  }

  #collectGarbage(): void {
    if (this.count % COLLECT_EVERY !== 0 || process.memoryUsage.rss() < COLLECT_ABOVE) return
    collectGarbage()
  }

  #lookAtMemory(input: Uint8Array): void {
    const peak = process.resourceUsage().maxRSS / 1024
    if (peak < this.#peak + 1) return
    this.#peak = peak
    send({
      kind: 'memory',
      number: this.count,
      input,
      mebibytes: peak,
      now: process.memoryUsage.rss() / MIB,
    })
  }
}

/** Time on the clock or of the processor, whichever is less: a machine that is busy with other things is no hang. */
class StopWatch {
  #start = performance.now()
  #used = process.cpuUsage()

  restart(): void {
    this.#start = performance.now()
    this.#used = process.cpuUsage()
  }

  /** Milliseconds since the start. */
  read(): number {
    const { user, system } = process.cpuUsage(this.#used)
    return Math.min(performance.now() - this.#start, (user + system) / 1000)
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncause: ${textOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}
