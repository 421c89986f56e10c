import { seededRandom } from '@composefs/test-fixtures'
import { everyNth } from './every-nth.ts'
import { type Ended, run } from './program.ts'
import { runUntilCall, type TracedCall } from './strace.ts'
import type { Disturbance, Undisturbed } from './trial.ts'

/** How far before the first change and behind the last one kills come, as a part of the run: times vary. */
const MARGIN = 0.1

/** Calls that change what others can see. Between two of them it makes no difference when a process dies. */
const CHANGES = new Set([
  ...['link', 'linkat', 'symlink', 'symlinkat', 'rename', 'renameat', 'renameat2'],
  ...['unlink', 'unlinkat', 'mkdir', 'mkdirat', 'rmdir', 'mknodat'],
])

/** Kills at `count` moments, one in each part of the time in which the run changes something; where in it is random. */
export function killsAtRandom(
  undisturbed: Undisturbed,
  options: {
    readonly calls: readonly TracedCall[]
    readonly count: number
    readonly seed: number
  },
): Disturbance[] {
  const { world, scenario, pace } = undisturbed
  const { calls, count, seed } = options
  const moments = changesIn(calls).map(({ moment }) => moment)
  const begin = Math.min(...moments) - MARGIN
  const end = Math.max(...moments) + MARGIN
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, number) => {
    const share = (number + random.below(1000) / 1000) / count
    const part = begin + (end - begin) * share
    return {
      name: `kill-${number}`,
      number,
      attempt: async ({ repository }) => {
        let timer: NodeJS.Timeout | undefined
        const { environment } = world
        const delay = pace.duration * part
        const ended = await run(scenario.words(repository), {
          environment,
          onStart: child => {
            timer = setTimeout(() => child.kill('SIGKILL'), delay)
          },
        })
        clearTimeout(timer)
        return ended
      },
      judge: judgeKilled,
    }
  })
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
