import { statfsSync } from 'node:fs'
import { constants } from 'node:os'
import { geteuid } from 'node:process'

/** Free bytes of the file system of `path`; undefined for one that does not tell. */
export function freeSpace(path: string): number | undefined {
  const { blocks, bfree, bavail, bsize } = statfsSync(path)
  if (blocks === 0) return undefined
  // What a file system reserves is for root.
  return (geteuid?.() === 0 ? bfree : bavail) * bsize
}

/** Why a write found no room: the file system is full, or what the user may have of it; undefined for another error. */
export function noSpaceCode(error: unknown): 'ENOSPC' | 'EDQUOT' | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, errno } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC') return code
  // Node has no name for it.
  return code === 'EDQUOT' || errno === -constants.errno.EDQUOT ? 'EDQUOT' : undefined
}
