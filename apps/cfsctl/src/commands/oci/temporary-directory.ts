import { statSync } from 'node:fs'
import type { Context } from '../../context.ts'

/** Where compressed archives are unpacked: TMPDIR, if it is there. */
export function temporaryDirectory({ env }: Context): { readonly temporaryDirectory?: string } {
  const path = env.TMPDIR
  const isThere = path && statSync(path, { throwIfNoEntry: false })?.isDirectory()
  return isThere ? { temporaryDirectory: path } : {}
}
