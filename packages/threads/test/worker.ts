import { workerData } from 'node:worker_threads'
import { serveSlots } from '../src/helper.ts'
import { createCheckedWork, Shared } from './checked-work.ts'
import type { WorkerData } from './start-worker.ts'

// A helper of the tests: does what it has to, or what it was told to do instead.
const { slots, shared, behaviour } = workerData as WorkerData
if (behaviour === 'throws') throw new Error('no thread for this')
if (behaviour === 'exits') process.exit(3)
if (slots !== undefined) serveSlots(slots, createCheckedWork(new Shared(shared), true))
else {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  new Shared(shared).openGate()
}
