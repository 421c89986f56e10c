import { median, spread } from '../measure/statistics.ts'

/** One way of doing something. */
export interface Case {
  readonly name: string
  run(): unknown
}

/** Ways of doing the same, to be compared. */
export interface Suite {
  readonly title: string
  /** What a run is divided by: `{ name: 'file', count: 1000 }` tells the time of a file. */
  readonly unit: { readonly name: string; readonly count: number }
  readonly cases: readonly Case[]
  readonly rounds: number
  close?(): void
}

/** Lets the cases take turns, the first round to warm up, and gives the lines of their table. */
export async function runSuite(suite: Suite): Promise<string[]> {
  const { cases, unit } = suite
  const times = cases.map((): number[] => [])
  try {
    for (let round = 0; round <= suite.rounds; round++) {
      for (const [index, { run }] of cases.entries()) {
        const start = performance.now()
        await run()
        if (round > 0) times[index]?.push(performance.now() - start)
      }
    }
  } finally {
    suite.close?.()
  }
  const medians = times.map(median)
  const lines = cases.map(({ name }, index) => {
    const own = medians[index] ?? 0
    return [
      `  ${name.padEnd(34)}`,
      showTime(own / unit.count).padStart(9),
      `a ${unit.name}`,
      `ratio ${(own / (medians[0] ?? 1)).toFixed(2)}`,
      `spread ${Math.round(spread(times[index] ?? [0]) * 100)} %`,
    ].join('  ')
  })
  return [suite.title, ...lines]
}

function showTime(milliseconds: number): string {
  return milliseconds < 1
    ? `${(milliseconds * 1000).toFixed(1)} µs`
    : `${milliseconds.toFixed(1)} ms`
}
