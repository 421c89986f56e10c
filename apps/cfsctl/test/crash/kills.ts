import { seededRandom } from '@composefs/test-fixtures'
import { everyNth } from './every-nth.ts'
import { type Ended, run } from './program.ts'
import { runUntilCall, type TracedCall } from './strace.ts'
import type { Disturbance, Undisturbed } from './trial.ts'

/** How far before the first change and behind the last one kills may come, as a part of the run: times vary. */
const MARGIN = 0.1
/** The end of the range of moments comes nearer after a run that was done before its kill, and goes off after a hit. */
const NEARER = 0.97
const FARTHER = 1.015
/** In parts of the run: the least room for chance. */
const RANGE_MIN = 0.05
/** A command whose kills come too late so often is not hit. */
const RUNS_PER_KILL = 5

/** Calls that change what others can see. Between two of them it makes no difference when a process dies. */
const CHANGES = new Set([
  ...['link', 'linkat', 'symlink', 'symlinkat', 'rename', 'renameat', 'renameat2'],
  ...['unlink', 'unlinkat', 'mkdir', 'mkdirat', 'rmdir', 'mknodat'],
])

/**
 * Kills at random moments of the time in which the run changes something, until `count` of them came before its end. How
 * long a run takes varies with what runs beside it, so the last moment follows what the kills before it met.
 */
export function* killsAtRandom(
  undisturbed: Undisturbed,
  options: {
    readonly calls: readonly TracedCall[]
    readonly count: number
    readonly seed: number
  },
): Generator<Disturbance> {
  const { world, scenario, pace } = undisturbed
  const { calls, count, seed } = options
  const { environment } = world
  const moments = changesIn(calls).map(({ moment }) => moment)
  const first = Math.min(...moments) - MARGIN
  let last = Math.max(...moments) + MARGIN
  const random = seededRandom(seed)
  let killed = 0
  for (let number = 0; killed < count && number < count * RUNS_PER_KILL; number++) {
    // Under strace a run spends its time elsewhere: when the last change comes before its share, the first does too.
    const begin = Math.min(first, last - RANGE_MIN)
    const part = begin + ((last - begin) * random.below(1000)) / 1000
    yield {
      name: `kill-${number}`,
      number,
      attempt: async ({ repository }) => {
        let timer: NodeJS.Timeout | undefined
        const delay = pace.duration * part
        const ended = await run(scenario.words(repository), {
          environment,
          onStart: child => {
            timer = setTimeout(() => child.kill('SIGKILL'), delay)
          },
        })
        clearTimeout(timer)
        if (ended.signal === 'SIGKILL') killed++
        last *= ended.signal === 'SIGKILL' ? FARTHER : NEARER
        return ended
      },
      judge: judgeKilled,
    }
  }
}

/** Kills right before the calls that change what others can see, at most `count` of them. */
export function killsAtCalls(
  undisturbed: Undisturbed,
  { calls, count }: { readonly calls: readonly TracedCall[]; readonly count: number },
): Disturbance[] {
  const { world, scenario } = undisturbed
  return everyNth(changesIn(calls), count).map((call, number) => ({
    name: `before-${call.name}-${call.number}`,
    number,
    attempt: ({ repository, log }) =>
      runUntilCall(scenario.words(repository), call, { log, environment: world.environment }),
    judge: judgeKilled,
  }))
}

function changesIn(calls: readonly TracedCall[]): TracedCall[] {
  return calls.filter(({ name }) => CHANGES.has(name))
}

function judgeKilled({ status, signal, stderr }: Ended): string[] {
  // It may have been done before.
  if (signal === 'SIGKILL' || status === 0) return []
  return [`ended with ${status ?? signal}: ${stderr}`]
}
