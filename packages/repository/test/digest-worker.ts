import { parentPort, workerData } from 'node:worker_threads'
import { nodeHashing } from '@composefs/fsverity/node'
import { serveDigests } from '../src/digest-thread.ts'

// Run as a thread by thread-digester.test.ts: does what it has to, or what `workerData` says.
if (parentPort !== null) {
  if (workerData === 'throws') parentPort.on('message', () => fail())
  else if (workerData === 'exits') parentPort.on('message', () => process.exit(3))
  else if (workerData === 'sleeps') parentPort.on('message', () => {})
  else serveDigests(parentPort, nodeHashing)
}

function fail(): never {
  throw new Error('no thread for this')
}
