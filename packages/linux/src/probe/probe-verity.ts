import { closeSync, writeSync } from 'node:fs'
import { type Algorithm, Digest, fsverityDigest } from '@composefs/fsverity'
import { createUnnamed, reopenReadOnly } from '../files.ts'
import { enableVerity, measureVerity } from '../verity.ts'

/** What `probeVerity` has found out. */
export type VerityTrial =
  /** New files get fs-verity, and the digest that the kernel tells is the right one. */
  | 'works'
  | 'unsupported'
  /** There is fs-verity, but not with this hash or with blocks of 4096 bytes. */
  | 'unfit'
  /** The file system has no files without a name, so trying it out would leave traces. */
  | 'unknown'

/** Longer than one block, so that there is a tree. */
const CONTENT = new Uint8Array(5000).fill(0x63)

/**
 * Tries out whether files in a directory get fs-verity, with a file that never has a name.
 *
 * @throws Node-shaped errors, such as EACCES and EROFS where the directory cannot be written
 */
export function probeVerity(directory: string, algorithm: Algorithm): VerityTrial {
  const writable = createUnnamed(directory, 0o600)
  if (writable === undefined) return 'unknown'
  const file = reopenAfterWriting(writable)
  try {
    const state = enableVerity(file, algorithm)
    if (state === 'unsupported' || state === 'unfit') return state
    const measured = measureVerity(file, algorithm)
    if (measured.state !== 'enabled') return 'unfit'
    const wanted = fsverityDigest(CONTENT, { algorithm })
    return new Digest(algorithm, measured.digest).equals(wanted) ? 'works' : 'unfit'
  } finally {
    closeSync(file)
  }
}

function reopenAfterWriting(file: number): number {
  try {
    writeSync(file, CONTENT)
    return reopenReadOnly(file)
  } finally {
    // fs-verity is refused while anybody has the file open for writing.
    closeSync(file)
  }
}
