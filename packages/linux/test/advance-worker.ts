import { workerData } from 'node:worker_threads'
import { nodeHashing } from '@composefs/fsverity/node'
import { createEngine } from '../src/engine/engine.ts'

const { address, data } = workerData as { address: number; data: Uint8Array }
createEngine({ fallback: nodeHashing }).hashing.advance?.(address, data)
