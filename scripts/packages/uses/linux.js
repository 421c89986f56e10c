import { closeSync, openSync } from 'node:fs'
import { SHA256 } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { fileSystemFacts, linuxSystem, measureVerity } from '@composefs/linux'
import { createEngine } from '@composefs/linux/engine'
import { FaultPlan } from '@composefs/linux/faults'

const file = openSync('package.json', 'r')
console.log(typeof measureVerity(file, SHA256), typeof fileSystemFacts('/'), typeof linuxSystem)
closeSync(file)
const { hashing } = createEngine({ fallback: nodeHashing })
const hash = hashing.stream('sha256')
hash.update(new Uint8Array(3))
console.log(Buffer.from(hash.digest()).toString('hex'))
console.log(new FaultPlan({ nth: 1, code: 'ENOSPC' }).failed)
