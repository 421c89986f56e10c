import { workerData } from 'node:worker_threads'
import { nodeHashing } from '@composefs/fsverity/node'
import { linuxSystem } from '@composefs/linux'
import { type SharedSlots, serveSlots } from '@composefs/threads/helper'
import { createObjectWork, type ObjectWorkSetup } from '../../src/thread.ts'

// Run as a thread by tests: does object jobs.
const { slots, setup } = workerData as { slots: SharedSlots; setup: ObjectWorkSetup }
serveSlots(slots, createObjectWork(setup, { system: linuxSystem, hashing: nodeHashing }))
