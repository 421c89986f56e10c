/**
 * What slots cost with jobs that do nothing: time per job and per slot, and the time from the end of a slot in a helper
 * to its owner.
 *
 *     node --conditions=composefs-source --no-warnings packages/threads/bench/cost.ts [--slots N]
 */
import { parseArgs } from 'node:util'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { serveSlots } from '../src/helper.ts'
import { JOBS_MAX, Slots } from '../src/index.ts'
import type { Work } from '../src/work.ts'

const EMPTY = 1
/** Says when it has ended, after a millisecond. */
const TIMED = 2

let ownJobs = 0

const now = () => performance.timeOrigin + performance.now()

const work: Work = {
  run(kind, _data, result) {
    if (kind === EMPTY) return
    ownJobs += 1
    for (const end = now() + 1; now() < end; );
    new DataView(result.buffer, result.byteOffset).setFloat64(0, now())
  },
  advance() {},
}

if (isMainThread) await main()
else serveSlots(workerData, work)

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { slots: { type: 'string', default: '3000' } } })
  const count = Number(values.slots)
  for (const threads of [0, 1, 3]) {
    await using slots = openSlots(threads)
    for (const jobs of [0, 1, JOBS_MAX]) {
      await run(slots, jobs, count / 10)
      const cpu = process.cpuUsage()
      const started = now()
      await run(slots, jobs, count)
      const wall = now() - started
      const { user, system } = process.cpuUsage(cpu)
      const each = (microseconds: number) => (microseconds / count).toFixed(1).padStart(6)
      const perJob = jobs > 1 ? `, ${((wall * 1e6) / count / jobs).toFixed(0)} ns a job` : ''
      const text = `${each(wall * 1000)} us a slot, CPU ${each(user + system)} us${perJob}`
      console.log(`${threads} helpers, ${String(jobs).padStart(3)} jobs a slot: ${text}`)
    }
  }
  for (const threads of [1, 3]) {
    await using slots = openSlots(threads)
    await run(slots, 1, 50)
    const delays = await wakeUps(slots, count / 5)
    const at = (part: number) =>
      `${((delays[Math.floor(delays.length * part)] ?? 0) * 1000).toFixed(0)} us`
    console.log(
      `${threads} helpers: the owner goes on after ${at(0.5)} (median), ${at(0.9)} (of ten nine)`,
    )
  }
}

function openSlots(threads: number): Slots {
  const slots = new Slots({
    createWork: () => work,
    helpers: {
      threads,
      createWorker: workerData =>
        new Worker(new URL(import.meta.url), { workerData, execArgv: process.execArgv }),
    },
  })
  slots.startHelpers()
  return slots
}

async function run(slots: Slots, jobs: number, count: number): Promise<void> {
  let completed = 0
  const lane = slots.lane({ onDone: () => void completed++ })
  for (let number = 0; number < count; number++) {
    const slot = await lane.take()
    for (let job = 0; job < jobs; job++) slot.add(EMPTY, 0, 0)
    lane.publish()
  }
  await lane.drain()
  if (completed !== count) throw new Error(`${completed} of ${count}`)
}

/** Milliseconds from the end of a job in a helper to its owner, which has nothing else to do, sorted. */
async function wakeUps(slots: Slots, count: number): Promise<number[]> {
  const delays: number[] = []
  for (let number = 0; number < count; number++) {
    let delay = 0
    const lane = slots.lane({
      onDone(slot) {
        const result = slot.result(0)
        delay = now() - new DataView(result.buffer, result.byteOffset).getFloat64(0)
      },
    })
    const slot = await lane.take()
    slot.add(TIMED, 0, 0)
    lane.publish()
    // A helper has it before this thread looks; where it has not, this thread does it itself.
    for (const end = now() + 0.5; now() < end; );
    const isOwn = ownJobs
    await lane.drain()
    if (ownJobs === isOwn) delays.push(delay)
  }
  return delays.sort((a, b) => a - b)
}
