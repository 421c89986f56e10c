import { workerData } from 'node:worker_threads'
import { linuxSystem } from '@composefs/linux'
import { createObjectWork, type ObjectWorkSetup } from '@composefs/repository/thread'
import { type SharedSlots, serveSlots } from '@composefs/threads/helper'
import { engine } from './repository/engine.ts'

/** What `startHelper` hands over. */
interface HelperData {
  readonly slots: SharedSlots
  readonly setup: ObjectWorkSetup
}

/** A thread that hashes and stores beside the main one. */
const { slots, setup } = workerData as HelperData
serveSlots(slots, createObjectWork(setup, { system: linuxSystem, hashing: engine.hashing }))
