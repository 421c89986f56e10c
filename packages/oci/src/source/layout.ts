import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { readRange } from '../disk/read-range.ts'
import { OciError } from '../errors.ts'
import type { ImageSource } from './image-source.ts'
import type { LayoutFile, LayoutFiles } from './layout-files.ts'
import { openLayoutFiles, type SelectOptions } from './layout-source.ts'

/**
 * Opens an OCI image layout directory and checks its `oci-layout` file. The image is chosen when its manifest is asked
 * for.
 *
 * @throws OciError ERR_OCI_SOURCE_NOT_FOUND, ERR_OCI_NOT_A_LAYOUT, ERR_OCI_UNSUPPORTED_LAYOUT_VERSION
 *
 * @example
 * await using source = await openLayout('/srv/layout', { tag: 'latest' })
 * const { digest } = await source.manifest()
 */
export async function openLayout(
  directory: string,
  options: SelectOptions = {},
): Promise<ImageSource> {
  await assertDirectory(directory)
  return openLayoutFiles(directoryFiles(directory), 'oci', options)
}

/** The files below a directory. Names come from this package alone and have been checked. */
function directoryFiles(directory: string): LayoutFiles {
  return {
    name: directory,
    async open(path) {
      const file = await openRegular(join(directory, path))
      if (file === undefined) return undefined
      const { size } = await file.stat()
      return openFile(file, path, size)
    },
    async close() {},
  }
}

function openFile(file: FileHandle, name: string, size: number): LayoutFile {
  return {
    size,
    async *chunks(options) {
      try {
        yield* readRange(file, { start: 0, size, name }, options)
      } finally {
        await file.close()
      }
    },
    close: () => file.close(),
  }
}

/**
 * Symlinks are followed: tools that share blobs between layouts make them, and what is read is believed for its digest
 * alone. What lies behind must be a regular file, and opening it must not wait (a fifo) or take a terminal.
 */
async function openRegular(path: string): Promise<FileHandle | undefined> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // ENXIO: a socket, or a device without a driver.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENXIO') {
      return undefined
    }
    throw error
  }
  try {
    if ((await file.stat()).isFile()) return file
  } catch (error) {
    await file.close()
    throw error
  }
  await file.close()
  return undefined
}

async function assertDirectory(directory: string): Promise<void> {
  let file: FileHandle
  try {
    file = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') {
      throw new OciError('ERR_OCI_SOURCE_NOT_FOUND', `${directory} does not exist`, {
        path: directory,
      })
    }
    if (code === 'ENOTDIR') {
      throw new OciError(
        'ERR_OCI_NOT_A_LAYOUT',
        `${directory} is no directory; an archive is named by oci-archive:`,
        { path: directory },
      )
    }
    throw error
  }
  await file.close()
}
