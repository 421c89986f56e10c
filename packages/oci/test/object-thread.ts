import { workerData } from 'node:worker_threads'
import { nodeHashing } from '@composefs/fsverity/node'
import { linuxSystem } from '@composefs/linux'
import { createEngine } from '@composefs/linux/engine'
import { createObjectWork, type ObjectWorkSetup } from '@composefs/repository/thread'
import { type SharedSlots, serveSlots } from '@composefs/threads/helper'

// A helper of the stress test.
const { slots, setup } = workerData as {
  readonly slots: SharedSlots
  readonly setup: ObjectWorkSetup
}
const { hashing } = createEngine({ fallback: nodeHashing, choice: 'auto' })
serveSlots(slots, createObjectWork(setup, { system: linuxSystem, hashing }))
