import { closeSync, fstatSync } from 'node:fs'
import type { Digest } from '@composefs/fsverity'
import { openForReading } from '../file-bytes.ts'
import { isFileError, reasonOf } from '../reason.ts'
import type { FileDescriptor } from '../system.ts'
import type { Verity } from '../verity.ts'

/** What can be known of a file without reading it. */
export type MeasuredObject =
  | { readonly state: 'measured'; readonly digest: Digest }
  /** A file without fs-verity in a repository that can do without: its content has to tell. */
  | { readonly state: 'unmeasured' }
  /** A file without fs-verity in a secure repository. */
  | { readonly state: 'missing' }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'unopened'; readonly reason: string }

/** Asks the kernel for the digest of a file. */
export function measureObject(path: string, verity: Verity): MeasuredObject {
  // Where it is known that the file system has no fs-verity, opening the file would be for nothing.
  if (verity.isUnsupported) return { state: 'unmeasured' }
  return lookInto(path, file => {
    try {
      if (!fstatSync(file).isFile()) return { state: 'unopened', reason: 'no regular file' }
      const measured = verity.measure(file)
      if (measured.state === 'enabled') return { state: 'measured', digest: measured.digest }
      if (measured.state === 'absent') return { state: verity.required ? 'missing' : 'unmeasured' }
      return { state: 'failed', reason: 'the fs-verity digest is of another algorithm' }
    } catch (error) {
      if (!isFileError(error)) throw error
      return { state: 'failed', reason: reasonOf(error) }
    }
  })
}

/** Why something that is no regular file is no object; `unmeasured` when it has become one meanwhile. */
export function whatIsNoFile(path: string): MeasuredObject {
  return lookInto(path, file => {
    const status = fstatSync(file)
    if (status.isFile()) return { state: 'unmeasured' }
    const code = status.isDirectory() ? 'EISDIR' : 'ENXIO'
    return { state: 'unopened', reason: `${code}: no regular file` }
  })
}

function lookInto(path: string, look: (file: FileDescriptor) => MeasuredObject): MeasuredObject {
  let file: FileDescriptor
  try {
    file = openForReading(path)
  } catch (error) {
    if (!isFileError(error)) throw error
    return { state: 'unopened', reason: reasonOf(error) }
  }
  try {
    return look(file)
  } finally {
    closeSync(file)
  }
}
