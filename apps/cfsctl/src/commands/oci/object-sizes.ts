import { lstatSync } from 'node:fs'
import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'

/** Tells the size of objects by their files, whose content is not looked at; undefined for a missing one. */
export function objectSizes({ layout }: Repository): (digest: Digest) => number | undefined {
  return digest => lstatSync(layout.object(digest), { throwIfNoEntry: false })?.size
}
