import type { Sample } from '../measure/run-measured.ts'
import { NOISY_SPREAD, spread } from '../measure/statistics.ts'
import { type Limit, type Measured, measure } from '../rows/limit.ts'
import type { Row } from '../rows/row.ts'
import type { Tool } from '../tools.ts'

/** What was measured of one row. */
export interface RowResult {
  readonly row: string
  readonly sides: Readonly<Partial<Record<Tool, readonly Sample[]>>>
  /** Why it was not measured. */
  readonly skipped?: string
  /** What is wrong with the results, or what failed. */
  readonly problems?: readonly string[]
}

/**
 * `met`, or `missed`; `noisy` when it is missed by samples that lie too far apart to say so; `failed` when a result is
 * wrong; `open` when there is nothing to compare with.
 */
export type Verdict = 'met' | 'missed' | 'noisy' | 'failed' | 'open'

/** How a row stands to its limits. */
export interface Judgement {
  readonly gate: Verdict
  readonly aim: Verdict
  /** The largest spread of the sides that the limits look at; one sample has none. */
  readonly spread: number | undefined
}

/** Holds the results of a row against its limits. */
export function judge(row: Row, result: RowResult, all: readonly RowResult[]): Judgement {
  const measured = measuredOf(result, all)
  const tools = new Set<Tool>(['ours', ...comparedTools(row)])
  const spreads = [...tools].flatMap(tool => {
    const samples = result.sides[tool]
    if (samples === undefined || samples.length < 2) return []
    return [spread(samples.map(row.metric === 'time' ? seconds : mebibytes))]
  })
  const widest = spreads.length === 0 ? undefined : Math.max(...spreads)
  const verdict = (limits: readonly Limit[]): Verdict => {
    if (result.problems !== undefined) return 'failed'
    const verdicts = limits.map(limit => {
      const value = measure(limit, measured)
      return value === undefined ? 'open' : value <= limit.most ? 'met' : 'missed'
    })
    if (verdicts.includes('missed')) return (widest ?? 0) > NOISY_SPREAD ? 'noisy' : 'missed'
    return verdicts.includes('open') ? 'open' : 'met'
  }
  return { gate: verdict(row.gate), aim: verdict(row.aim), spread: widest }
}

/** The samples of a row as its limits ask for them. */
function measuredOf(result: RowResult, all: readonly RowResult[]): Measured {
  return {
    seconds: tool => result.sides[tool]?.map(seconds),
    mebibytes: (row = result.row) =>
      all.find(({ row: name }) => name === row)?.sides.ours?.map(mebibytes),
  }
}

/** Seconds of a run. */
export function seconds(sample: Sample): number {
  return sample.wall
}

/** Seconds that processors were busy with it. */
export function processorSeconds(sample: Sample): number {
  return sample.user + sample.system
}

/** Its peak. */
export function mebibytes(sample: Sample): number {
  return sample.peakKibibytes / 1024
}

function comparedTools(row: Row): Tool[] {
  return [...row.gate, ...row.aim].flatMap(limit =>
    limit.kind === 'ratio' ? [limit.to] : limit.kind === 'milliseconds-over' ? [limit.over] : [],
  )
}
