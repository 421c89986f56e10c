import type { seededRandom } from '../../test-fixtures/src/index.ts'
import type { Stage } from './messages.ts'

/** Where a cut is to fall. What the machine does meanwhile is not in our hands: it falls there, or soon after. */
export interface CutPlan {
  readonly stage: Stage
  /** Times the stage is let pass before. */
  readonly skip: number
  /** Writes to the disk from there on: the cut comes with the last of them, */
  readonly writes: number
  /** or after this time in ms. */
  readonly time: number
  /** Of what no flush has covered, the share that the disk had written in time, whatever the order. */
  readonly share: number
}

type Random = ReturnType<typeof seededRandom>

/** In turn. The names are where most can go wrong. */
const STAGES: readonly Stage[] = [
  ...(['names', 'objects', 'sweep', 'sync', 'names', 'init'] as const),
  ...(['objects', 'names', 'sweep', 'sync', 'mark', 'untag'] as const),
]
const SHARES = [0, 0.1, 0.5, 0.9, 1]

export function planCut(index: number, random: Random): CutPlan {
  const stage = STAGES[index % STAGES.length] ?? 'objects'
  const isLong = stage === 'objects' || stage === 'sync'
  return {
    stage,
    skip: random.below(4),
    writes: 1 + random.below(isLong ? 100 : 12),
    time: 20 + random.below(isLong ? 3000 : 1000),
    share: random.pick(SHARES),
  }
}
