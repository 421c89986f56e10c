// The crash tests in full, see docs/crash-tests.md:
// pnpm test:crash [kills | faults | concurrency]… [--scenario NAME]… [--points N] [--seconds N] [--seed N] [--width N]
import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { runConcurrently } from './concurrency.ts'
import { faultsAtCalls } from './faults.ts'
import { killsAtCalls, killsAtRandom } from './kills.ts'
import { runSeries, type Series } from './series.ts'
import { straceUnavailable } from './strace.ts'
import { callsOf, type Disturbance, runUndisturbed, type Undisturbed } from './trial.ts'
import { makeWorkDirectory } from './work-directory.ts'
import { makeWorld, type World } from './world.ts'

/** Points of a series of one command. */
const POINTS = { kills: 200, faults: 300 }
const CONCURRENCY_SECONDS = 300
const PARTS = ['kills', 'faults', 'concurrency'] as const

const { values, positionals } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    points: { type: 'string' },
    seconds: { type: 'string', default: String(CONCURRENCY_SECONDS) },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    width: { type: 'string', default: String(availableParallelism()) },
  },
  allowPositionals: true,
})
const parts = positionals.length > 0 ? positionals : PARTS
const unknown = parts.find(part => !PARTS.some(known => known === part))
if (unknown !== undefined) throw new Error(`${unknown} is none of ${PARTS.join(', ')}`)
const untraceable = straceUnavailable()
if (untraceable !== undefined) throw new Error(untraceable)
const seed = Number(values.seed)
const width = Number(values.width)

const directory = makeWorkDirectory()
let problems = 0
try {
  const world = await makeWorld(directory)
  console.log(`seed ${seed}, ${width} at a time`)
  try {
    if (parts.includes('kills')) await disturbAll(world, kills)
    if (parts.includes('faults')) await disturbAll(world, faults)
    if (parts.includes('concurrency')) await disturbEachOther(world)
  } finally {
    await world.close()
  }
} finally {
  rmSync(directory, { recursive: true })
}
console.log(problems === 0 ? 'nothing wrong' : `${problems} problems`)
process.exitCode = problems === 0 ? 0 : 1

/** Series of one command by their names. */
type Plan = (undisturbed: Undisturbed) => Promise<Readonly<Record<string, Iterable<Disturbance>>>>

async function kills(undisturbed: Undisturbed) {
  const count = Number(values.points ?? POINTS.kills)
  const calls = await callsOf(undisturbed)
  return {
    'killed at random': killsAtRandom(undisturbed, { calls, count, seed }),
    'killed before changes': killsAtCalls(undisturbed, { calls, count }),
  }
}

async function faults(undisturbed: Undisturbed) {
  const count = Number(values.points ?? POINTS.faults)
  const calls = await callsOf(undisturbed)
  return { 'calls failed': faultsAtCalls(undisturbed, { calls, count }) }
}

async function disturbAll(world: World, plan: Plan): Promise<void> {
  for (const scenario of world.scenarios) {
    if (values.scenario !== undefined && !values.scenario.includes(scenario.name)) continue
    const undisturbed = await runUndisturbed(world, scenario)
    for (const [name, disturbances] of Object.entries(await plan(undisturbed))) {
      const started = performance.now()
      const series = await runSeries(undisturbed, disturbances, { width })
      print(`${scenario.name}, ${name}`, series, performance.now() - started)
    }
  }
}

async function disturbEachOther(world: World): Promise<void> {
  const seconds = Number(values.seconds)
  const report = await runConcurrently(world, { seconds, seed })
  const { pulls, collections, checks } = report
  console.log(
    `at the same time: ${pulls} pulls, ${collections} collections, ${checks} checks; ${report.problems.length} problems, ${seconds} s`,
  )
  for (const problem of report.problems) console.log(`  ${problem}`)
  problems += report.problems.length
}

function print(name: string, series: Series, duration: number): void {
  const { trials, killed, failed, done, missed, halfDone, states } = series
  const counts = `${killed} killed, ${failed} failed, ${done} done, ${missed} missed, ${halfDone} half done, ${states} states`
  console.log(
    `${name}: ${trials} runs: ${counts}; ${series.problems.length} problems, ${(duration / 1000).toFixed(0)} s`,
  )
  for (const { trial, problem } of series.problems) console.log(`  ${trial}: ${problem}`)
  problems += series.problems.length
}
