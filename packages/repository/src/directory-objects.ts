import { resolve } from 'node:path'
import type { Algorithm, Hashing } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { createLayout, type Layout } from './layout.ts'
import type { ObjectStore } from './object-store.ts'
import { DiskObjectStore } from './objects.ts'
import type { System } from './system.ts'
import { Verity } from './verity.ts'

/** What an object directory without a repository needs to know. */
export interface DirectoryObjectsOptions {
  readonly system: System
  readonly algorithm: Algorithm
  /** Default: the hashes of node:crypto. */
  readonly hashing?: Hashing
}

/**
 * Objects in a bare directory, `DIRECTORY/ab/cdef…`: the digest store of `mkcomposefs`. The directory is made with
 * the first object. Objects get fs-verity where the file system has it.
 */
export function createDirectoryObjectStore(
  directory: string,
  options: DirectoryObjectsOptions,
): ObjectStore {
  const { system, algorithm, hashing = nodeHashing } = options
  const verity = new Verity({ system, algorithm, hashing, required: false, verify: false })
  const layout = layoutOf(resolve(directory))
  return new DiskObjectStore({ system, layout, verity, assertWritable() {} })
}

/** The layout of a repository, its objects being the directory itself. */
function layoutOf(objects: string): Layout {
  return {
    ...createLayout(objects),
    objects,
    object: id => `${objects}/${id.objectPath}`,
    objectDirectory: id => `${objects}/${id.hex.slice(0, 2)}`,
  }
}
