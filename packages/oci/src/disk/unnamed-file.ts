import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Opens a file for writing and reading that has no name any more, so nothing is left behind whatever happens. */
export async function openUnnamedFile(directory: string): Promise<FileHandle> {
  const own = await mkdtemp(join(directory, 'composefs-'))
  try {
    return await open(join(own, 'file'), 'wx+', 0o600)
  } finally {
    await rm(own, { recursive: true })
  }
}
