import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { OciError } from '../errors.ts'
import { POLICY_FILE_MAX, type PolicyFiles, tooLarge } from './selinux/policy-files.ts'

/**
 * The policy files of a root file system on disk. Links are followed, as long as they stay inside: the labels of an
 * image must not depend on the machine that makes it.
 */
export function directoryPolicyFiles(root: string): PolicyFiles {
  return { read: path => readInside(root, path) }
}

function readInside(root: string, path: string): Uint8Array | undefined {
  const file = openIfThere(join(root, path))
  if (file === undefined) return undefined
  try {
    const stats = fstatSync(file)
    const inside = realpathSync(root)
    // Asked of the open file: the path may lead elsewhere by now.
    const found = realpathSync(`/proc/self/fd/${file}`)
    if (!stats.isFile() || !found.startsWith(inside === '/' ? inside : `${inside}/`)) {
      const reason = stats.isFile() ? 'leads out of the directory' : 'is no regular file'
      throw new OciError('ERR_OCI_POLICY_MISSING_FILE', `/${path} ${reason}`, { path: `/${path}` })
    }
    if (stats.size > POLICY_FILE_MAX) throw tooLarge(path)
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}

/** Opens a file; a fifo, which nobody may be writing to, does not keep it waiting. */
function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
