import { workerData } from 'node:worker_threads'
import { serveSlots } from '../src/helper.ts'
import { createCheckedWork, Shared } from './checked-work.ts'

// A helper of the tests: does what it has to, or what `behaviour` says.
if (workerData?.behaviour === 'throws') throw new Error('no thread for this')
if (workerData?.behaviour === 'exits') process.exit(3)
serveSlots(workerData.slots, createCheckedWork(new Shared(workerData.shared), true))
