import { type Dirent, readdirSync } from 'node:fs'
import { isErrno } from './errors.ts'

/** The entries of a directory sorted by name (bytes); none when there is no such directory. */
export function readDirectory(path: string | Buffer): Dirent<Buffer>[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true, encoding: 'buffer' })
    return entries.sort((a, b) => a.name.compare(b.name))
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}
