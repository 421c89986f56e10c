import { rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { runConcurrently } from './crash/concurrency.ts'
import { faultsAtCalls } from './crash/faults.ts'
import { killsAtCalls, killsAtRandom } from './crash/kills.ts'
import { runWell } from './crash/program.ts'
import { runSeries } from './crash/series.ts'
import { takeSnapshot } from './crash/snapshot.ts'
import { straceUnavailable } from './crash/strace.ts'
import {
  callsOf,
  type Disturbance,
  runUndisturbed,
  tryDisturbed,
  type Undisturbed,
} from './crash/trial.ts'
import { makeWorkDirectory } from './crash/work-directory.ts'
import { makeWorld, SCENARIO_NAMES, type World } from './crash/world.ts'

// The short form: `pnpm test:crash` disturbs each command some hundred times more.
const KILLS = 2
const FAULTS = 4
const CONCURRENCY_SECONDS = 8
const WIDTH = 2
/** In ms; a machine that does other things too takes its time. */
const TIMEOUT = 300_000

const unavailable = straceUnavailable()
const directory = makeWorkDirectory()
const seed = Date.now() % 1_000_000
let world: World
beforeAll(async () => {
  world = await makeWorld(directory)
})
afterAll(async () => {
  await world.close()
  rmSync(directory, { recursive: true })
})

vi.setConfig({ testTimeout: TIMEOUT })

describe.skipIf(unavailable !== undefined)(
  `a command that is disturbed${unavailable === undefined ? '' : `: ${unavailable}`}`,
  () => {
    test.each(SCENARIO_NAMES)(`%s, killed or with failing calls (seed ${seed})`, async name => {
      const scenario = world.scenarios.find(each => each.name === name)
      if (scenario === undefined) throw new TypeError(`no scenario ${name}`)
      const undisturbed = await runUndisturbed(world, scenario)
      const { problems } = await runSeries(undisturbed, await someOf(undisturbed), { width: WIDTH })
      expect(problems).toEqual([])
    })
  },
)

// Tests that find nothing have to be able to.
test.each([
  ['an object that is cut short', (repository: string) => truncateSync(anObject(repository), 1)],
  ['an object that is lost', (repository: string) => rmSync(anObject(repository))],
  [
    'an object from nowhere',
    (repository: string) => writeFileSync(`${anObject(repository).slice(0, -1)}-`, ''),
  ],
  [
    'a name that leads nowhere',
    (repository: string) => symlinkSync('../oci-layer-x', join(repository, 'streams/refs/x')),
  ],
])('%s is noticed', async (_, damage) => {
  const scenario = world.scenarios.find(({ name }) => name === 'tag')
  if (scenario === undefined) throw new TypeError('there is no scenario')
  const undisturbed = await runUndisturbed(world, scenario)
  const { problems } = await tryDisturbed(undisturbed, {
    name: 'damaged',
    number: 0,
    attempt: async ({ repository }) => {
      const ended = await runWell(scenario.words(repository), { environment: world.environment })
      damage(repository)
      return ended
    },
  })
  expect(problems).not.toEqual([])
})

test(`pulls, garbage collection and checks at the same time (seed ${seed})`, async () => {
  const seconds = CONCURRENCY_SECONDS
  const { pulls, collections, checks, problems } = await runConcurrently(world, { seconds, seed })
  expect(problems).toEqual([])
  expect(Math.min(pulls, collections, checks)).toBeGreaterThan(0)
})

function anObject(repository: string): string {
  const path = [...takeSnapshot(repository).keys()].find(name => name.startsWith('objects/'))
  return join(repository, String(path))
}

async function someOf(undisturbed: Undisturbed): Promise<Disturbance[]> {
  const calls = await callsOf(undisturbed)
  return [
    ...killsAtRandom(undisturbed, { calls, count: KILLS, seed }),
    ...killsAtCalls(undisturbed, { calls, count: KILLS }),
    ...faultsAtCalls(undisturbed, { calls, count: FAULTS }),
  ]
}
