import type { Disturbance, Trial, Undisturbed } from './trial.ts'
import { tryDisturbed } from './trial.ts'

/** Numbers of calls vary a little between runs. With more misses the series does not show what it should. */
const MISSED_SHARE_MAX = 0.25

/** What came of many disturbed runs of one command. */
export interface Series {
  readonly trials: number
  /** Runs that were killed, that failed in order, and that succeeded all the same. */
  readonly killed: number
  readonly failed: number
  readonly done: number
  /** Runs that did not come to the call in which they were to be disturbed. */
  readonly missed: number
  /** Runs that were stopped with a part of the work visible. */
  readonly halfDone: number
  /** Different contents of repositories that were left behind. */
  readonly states: number
  readonly problems: readonly { readonly trial: string; readonly problem: string }[]
}

/** Disturbs a command in every way that is asked for, `width` at a time. */
export async function runSeries(
  undisturbed: Undisturbed,
  disturbances: Iterable<Disturbance>,
  { width, onTrial }: { readonly width: number; readonly onTrial?: (trial: Trial) => void },
): Promise<Series> {
  const { scenario } = undisturbed
  const states = new Set<string>()
  const problems: { trial: string; problem: string }[] = []
  let [killed, failed, done, missed, halfDone] = [0, 0, 0, 0, 0]
  const waiting = disturbances[Symbol.iterator]()
  let trials = 0
  const work = async () => {
    for (;;) {
      const next = waiting.next()
      if (next.done === true) return
      const disturbance = next.value
      trials++
      const trial = await tryDisturbed(undisturbed, disturbance)
      const { status } = trial.ended
      if (status === null) killed++
      else if (status === 0) done++
      else failed++
      if (trial.isMissed) missed++
      if (trial.isHalfDone) halfDone++
      states.add(trial.left)
      problems.push(
        ...trial.problems.map(problem => ({
          trial: `${scenario.name} ${disturbance.name}`,
          problem,
        })),
      )
      onTrial?.(trial)
    }
  }
  await Promise.all(Array.from({ length: width }, work))
  if (missed > trials * MISSED_SHARE_MAX + 1) {
    problems.push({ trial: scenario.name, problem: `${missed} of ${trials} runs were undisturbed` })
  }
  return { trials, killed, failed, done, missed, halfDone, states: states.size, problems }
}
