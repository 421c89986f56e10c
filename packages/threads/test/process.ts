import { Slots } from '../src/index.ts'
import { addStamped, createCheckedWork, Kind, Shared } from './checked-work.ts'
import { startWorker } from './start-worker.ts'

// A process of helpers.test.ts: says what has come about, and ends by itself.
const [scenario] = process.argv.slice(2)
const shared = new Shared()
const slots = new Slots({
  createWork: () => createCheckedWork(shared, false),
  helpers: { threads: 1, createWorker: memory => startWorker(memory, shared) },
})
slots.startHelpers()
if (scenario === 'idles') console.log('ready')
else {
  let completed = 0
  const lane = slots.lane({ onDone: () => void completed++ })
  const slot = await lane.take()
  // The helper waits in the job for longer than anything here does.
  addStamped(slot, { kind: Kind.gate, offset: 0, length: 64, stamp: 1 })
  lane.publish()
  while (shared.arrived === 0) await new Promise(resolve => setTimeout(resolve, 1))
  if (scenario === 'waits') startWorker(undefined, shared).unref()
  else shared.openGate()
  await lane.drain()
  console.log(`completed ${completed}`)
  if (scenario === 'closes') {
    await slots.close()
    console.log('closed')
  }
}
