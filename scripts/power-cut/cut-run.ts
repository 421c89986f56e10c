import { seededRandom } from '../../test-fixtures/src/index.ts'
import type { CutPlan } from './cut-plan.ts'
import { planCut } from './cut-plan.ts'
import { assertFileSystem } from './disk-file.ts'
import { Machine, type MachineOptions } from './machine.ts'
import type { CheckFacts, GuestTask, Message, Stage } from './messages.ts'
import type { DiskRequest } from './nbd-server.ts'

/** What the machine and its cuts have in common over all starts. */
export interface CutRunOptions
  extends Pick<MachineOptions, 'root' | 'work' | 'disk' | 'kernel' | 'program'> {
  readonly task: Omit<GuestTask, 'seed' | 'thenWork'>
  readonly seed: number
  /** Called with everything that the machine tells. */
  readonly onMessage?: ((message: Message) => void) | undefined
}

/** A cut, and what it met. */
export interface Cut {
  readonly stage: Stage
  readonly operation: string
  /** Sectors that no flush had covered. */
  readonly lost: number
  readonly kept: number
}

/** What one start of the machine told. */
export interface Start {
  /** The state that the cut before has left. */
  readonly checks: readonly CheckFacts[]
  /** What of that must not be, and what the machine could not do. */
  readonly problems: readonly string[]
  /** Undefined for a start that was not to be cut. */
  readonly cut: Cut | undefined
}

/** Starts the machine: checks, then works until the cut of that index, or ends when there is to be none. */
export async function startMachine(
  { seed, task, onMessage, ...options }: CutRunOptions,
  { index, isCut }: { readonly index: number; readonly isCut: boolean },
): Promise<Start> {
  const random = seededRandom(seed + index * 7919)
  const trigger = new CutTrigger(planCut(index, random))
  const checks: CheckFacts[] = []
  const problems: string[] = []
  let cut: Cut | undefined
  const isKept = (share: number) => () => random.below(1000) < share * 1000
  const machine = new Machine({
    ...options,
    task: { ...task, seed: index, thenWork: isCut },
    onMessage: message => {
      onMessage?.(message)
      if (message.kind === 'failed') problems.push(`in the machine: ${message.reason}`)
      if (message.kind === 'checked') {
        checks.push(message)
        problems.push(...message.problems.map(problem => `${message.repository}: ${problem}`))
      }
      trigger.onMessage(message, strike)
    },
    onRequest: request => trigger.onRequest(request, strike),
  })
  const status = await machine.run()
  if (cut !== undefined) assertFileSystem(options.disk)
  else if (isCut || status !== 0) problems.push(`the machine ended with ${status}`)
  return { checks, problems, cut }

  function strike({ stage, operation }: { stage: Stage; operation: string }, share: number): void {
    cut ??= { stage, operation, ...machine.cut(isKept(share)) }
  }
}

type Strike = (at: { stage: Stage; operation: string }, share: number) => void

/** Waits for the moment that was planned. */
class CutTrigger {
  readonly #plan: CutPlan
  #at: { stage: Stage; operation: string } = { stage: 'check', operation: '' }
  #isWorking = false
  #skip: number
  #writes = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(plan: CutPlan) {
    this.#plan = plan
    this.#skip = plan.skip
  }

  onMessage(message: Message, strike: Strike): void {
    if (message.kind === 'work') this.#isWorking = true
    if (message.kind !== 'stage') return
    this.#at = message
    if (!this.#isWorking || message.stage !== this.#plan.stage || this.#timer !== undefined) return
    this.#skip -= 1
    if (this.#skip >= 0) return
    this.#writes = this.#plan.writes
    this.#timer = setTimeout(() => strike(this.#at, this.#plan.share), this.#plan.time)
  }

  onRequest(request: DiskRequest, strike: Strike): void {
    // Right after a flush there would be nothing to lose.
    if (request === 'write') this.#writes -= 1
    if (this.#writes > 0) return
    clearTimeout(this.#timer)
    strike(this.#at, this.#plan.share)
  }
}
