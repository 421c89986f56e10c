import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { build } from 'tsup'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCheckedWork, Shared } from './checked-work.ts'
import { openSlots } from './open-slots.ts'
import { stress } from './stress.ts'

const rounds = Number(process.env.COMPOSEFS_STRESS ?? 400)

/** More for those who want to be surer. */
const timeout = 60_000 + rounds * 50

test.each([
  { threads: 0, slotCount: 1 },
  { threads: 0, slotCount: 8 },
  { threads: 1, slotCount: 2 },
  { threads: 1, slotCount: 8 },
  { threads: 3, slotCount: 1 },
  { threads: 3, slotCount: 2 },
  { threads: 3, slotCount: 8 },
])(
  '$threads helpers and $slotCount slots keep every promise',
  async options => {
    const { slots, shared } = openSlots(options)
    await stress({ slots, shared, rounds, seed: 4711 + options.slotCount })
  },
  timeout,
)

/** The package as it is published, in a directory of its own. */
let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'composefs-threads-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

test(
  'so does the package when it is built',
  async () => {
    const entry = { index: '../src/index.ts', helper: '../src/helper.ts', worker: './worker.ts' }
    await build({
      entry: Object.fromEntries(
        Object.entries(entry).map(([name, path]) => [
          name,
          fileURLToPath(new URL(path, import.meta.url)),
        ]),
      ),
      outDir: directory,
      format: 'esm',
      target: 'node22',
      config: false,
      silent: true,
      clean: false,
    })
    const built = (name: string) => pathToFileURL(join(directory, `${name}.js`))
    const { Slots } = (await import(built('index').href)) as typeof import('../src/index.ts')
    const shared = new Shared()
    await using slots = new Slots({
      slotCount: 3,
      createWork: () => createCheckedWork(shared, false),
      helpers: {
        threads: 2,
        createWorker: memory =>
          new Worker(built('worker'), { workerData: { slots: memory, shared: shared.memory } }),
      },
    })
    slots.startHelpers()
    await stress({ slots, shared, rounds: Math.min(rounds, 600), seed: 815 })
    expect(slots.helperCount).toBe(2)
  },
  timeout,
)
