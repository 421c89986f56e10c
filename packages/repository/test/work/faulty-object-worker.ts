import { workerData } from 'node:worker_threads'
import { nodeHashing } from '@composefs/fsverity/node'
import { linuxSystem } from '@composefs/linux'
import {
  createFaultySystem,
  FaultPlan,
  type FaultPlanOptions,
  injectFileSystemFaults,
} from '@composefs/linux/faults'
import { type SharedSlots, serveSlots } from '@composefs/threads/helper'
import { createObjectWork, type ObjectWorkSetup } from '../../src/thread.ts'

// Run as a thread by tests: does object jobs, and one of its system calls fails. Those of other threads do not.
const { slots, setup, fault } = workerData as {
  slots: SharedSlots
  setup: ObjectWorkSetup
  fault: FaultPlanOptions
}
const plan = new FaultPlan(fault)
const system = createFaultySystem(linuxSystem, plan)
const faults = injectFileSystemFaults(plan)
serveSlots(slots, createObjectWork(setup, { system, hashing: nodeHashing }))
faults[Symbol.dispose]()
