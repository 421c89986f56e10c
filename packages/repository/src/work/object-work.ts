import {
  type Algorithm,
  type AlgorithmName,
  algorithmByName,
  createDigester,
  type Digester,
  type Hashing,
} from '@composefs/fsverity'
import type { Work } from '@composefs/threads/helper'
import { createLayout } from '../layout.ts'
import { DiskObjectStore } from '../objects.ts'
import type { System } from '../system.ts'
import { Verity } from '../verity.ts'
import { FileDigests } from './file-digests.ts'
import { FileStores } from './file-stores.ts'
import { JobOutcome, JobResult, ObjectJob } from './object-job.ts'

/** What a thread has to know to do object jobs. It can be sent to one. */
export interface ObjectWorkSetup {
  readonly algorithm: AlgorithmName
  /** Where contents are stored. Without it nothing is stored, and digests are all there is. */
  readonly store?: ObjectStoreSetup
}

/** The store of an open repository, as its threads are told of it. */
export interface ObjectStoreSetup {
  /** The repository directory. Its lock is held by who makes the jobs. */
  readonly root: string
  readonly secure: boolean
  readonly verify: boolean
  /** Shared by all stores of an open repository: not 0 when objects may not be on the disk yet. */
  readonly unsynced: Int32Array
}

/** What a thread has of its own. */
export interface ObjectWorkDependencies {
  readonly system: System
  /** Its `advance` goes on with chains. */
  readonly hashing: Hashing
}

/**
 * Does the jobs of {@link ObjectJob} in this thread.
 *
 * @example
 * serveSlots(workerData.slots, createObjectWork(workerData.setup, { system: linuxSystem, hashing: nodeHashing }))
 */
export function createObjectWork(setup: ObjectWorkSetup, deps: ObjectWorkDependencies): Work {
  const algorithm = algorithmByName(setup.algorithm)
  if (algorithm === undefined) throw new TypeError(`no algorithm ${setup.algorithm}`)
  const { system, hashing } = deps
  if (setup.store === undefined) return new ObjectWork(algorithm, hashing)
  const { root, secure: required, verify, unsynced } = setup.store
  const store = new DiskObjectStore({
    system,
    layout: createLayout(root),
    verity: new Verity({ system, algorithm, hashing, required, verify }),
    unsynced,
    // Who makes the jobs has checked it.
    assertWritable() {},
  })
  return new ObjectWork(algorithm, hashing, store)
}

/** For this package: the work of a thread that has a store already. */
export class ObjectWork implements Work {
  readonly #digester: Digester
  readonly #hashing: Hashing
  #files: FileDigests | undefined
  #stores: FileStores | undefined
  readonly #store: DiskObjectStore | undefined

  constructor(algorithm: Algorithm, hashing: Hashing, store?: DiskObjectStore) {
    this.#digester = createDigester({ algorithm, hashing })
    this.#hashing = hashing
    this.#store = store
  }

  run(kind: number, data: Uint8Array, result: Uint8Array): void {
    switch (kind) {
      case ObjectJob.store: {
        if (this.#store === undefined) throw new TypeError('there is no store to store in')
        const isNew = this.#store.putInto(data, result)
        result[JobResult.outcome] = isNew ? JobOutcome.stored : JobOutcome.present
        break
      }
      case ObjectJob.digest:
        this.#digester.digest(data, result)
        break
      case ObjectJob.leaf:
        this.#digester.leaf(data, result)
        break
      case ObjectJob.digestFile:
        this.#files ??= new FileDigests(this.#digester, this.#hashing)
        this.#files.run(data, result)
        break
      case ObjectJob.storeFile:
        this.#stores ??= new FileStores((content, into) => this.#put(content, into))
        this.#stores.run(data, result)
        break
      default:
        throw new TypeError(`no job of kind ${kind}`)
    }
  }

  #put(content: Uint8Array, result: Uint8Array): boolean {
    if (this.#store !== undefined) return this.#store.putInto(content, result)
    this.#digester.digest(content, result)
    return true
  }

  advance(chain: number, data: Uint8Array): void {
    if (this.#hashing.advance === undefined) throw new TypeError('this thread has no chains')
    this.#hashing.advance(chain, data)
  }
}
