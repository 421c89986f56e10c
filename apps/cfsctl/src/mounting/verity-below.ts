import { closeSync, constants, openSync } from 'node:fs'
import { SHA256 } from '@composefs/fsverity'
import { measureVerity } from '@composefs/linux'

/** Whether files in a directory can have fs-verity: the kernel and the file system know it. */
export function hasVerityBelow(directory: string): boolean {
  const file = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    // A directory has no fs-verity itself, which is another answer than that there is no such thing.
    return measureVerity(file, SHA256).state !== 'unsupported'
  } finally {
    closeSync(file)
  }
}
