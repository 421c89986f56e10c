import { lstatSync } from 'node:fs'
import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'

/** Bytes of an object; undefined when it is missing. Its content is not looked at. */
export function sizeOfObject(repository: Repository, digest: Digest): number | undefined {
  return lstatSync(repository.layout.object(digest), { throwIfNoEntry: false })?.size
}
