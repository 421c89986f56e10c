import type { Row } from '../rows/row.ts'

/** Seconds above which a run is sampled less often. */
const SLOW = 3
/** Seconds below which a run costs nothing and suffers most from its neighbours. */
const FAST = 0.2

/** How many samples of each side a row gets, from the time of its slowest warm-up. */
export function sampleCount(
  row: Row,
  warmUp: number,
  options: { readonly samples: number | undefined; readonly quick: boolean },
): number {
  if (options.samples !== undefined) return options.samples
  if (row.huge) return 1
  if (row.metric === 'memory') return 3
  if (warmUp > SLOW) return options.quick ? 2 : 3
  if (warmUp < FAST) return 11
  return options.quick ? 3 : 5
}
