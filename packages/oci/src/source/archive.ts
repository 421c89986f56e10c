import { constants } from 'node:fs'
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compressionOf } from '../compression-magic.ts'
import { decompress } from '../decompress/decompress.ts'
import { OciError } from '../errors.ts'
import { type ArchiveMember, indexArchive } from './archive-index.ts'
import type { ImageSource } from './image-source.ts'
import { type LayoutFile, type LayoutFiles, readRange } from './layout-files.ts'
import { openLayoutFiles, type SelectOptions } from './layout-source.ts'

/** How to open an archive. */
export interface ArchiveOptions extends SelectOptions {
  /** Where a compressed archive is unpacked to, as one unnamed file. Default: the temporary directory of the system. */
  readonly temporaryDirectory?: string
  /** Most bytes a compressed archive may unpack to. Default: 64 GiB, more than any image and less than most disks. */
  readonly maxUnpackedSize?: number
  readonly signal?: AbortSignal
}

const MAX_UNPACKED_SIZE = 64 * 2 ** 30

/** Enough to see what a file is: the magic of a tar ends at byte 262. */
const HEAD_SIZE = 512

/**
 * Opens an OCI image layout in a tar, and checks its `oci-layout` file.
 *
 * A plain tar is not unpacked: its headers are read once and blobs where they lie. One compressed as a whole (gzip,
 * zstd) is decompressed into an unnamed temporary file first, since its blobs are wanted in another order than they
 * come in; memory stays the same for any size.
 *
 * @throws OciError ERR_OCI_SOURCE_NOT_FOUND, ERR_OCI_BAD_ARCHIVE, ERR_OCI_NOT_A_LAYOUT,
 * ERR_OCI_UNSUPPORTED_LAYOUT_VERSION, and ERR_OCI_COMPRESSION_* for a broken compressed archive
 *
 * @example
 * await using source = await openArchive('/srv/image.tar', { tag: 'latest' })
 * const { digest } = await source.manifest()
 */
export async function openArchive(
  path: string,
  options: ArchiveOptions = {},
): Promise<ImageSource> {
  let file = await openFile(path)
  try {
    if (await isCompressed(file)) {
      const packed = file
      file = await unpack(packed, path, options)
      await packed.close()
    }
    const { size } = await file.stat()
    const members = await indexArchive(file, { size, name: path }, options.signal)
    return await openLayoutFiles(archiveFiles(file, path, members), 'oci-archive', options)
  } catch (error) {
    await file.close()
    throw error
  }
}

function archiveFiles(
  file: FileHandle,
  name: string,
  members: ReadonlyMap<string, ArchiveMember>,
): LayoutFiles {
  return {
    name,
    async open(path) {
      const member = members.get(path)
      return member === undefined ? undefined : openMember(file, path, member)
    },
    close: () => file.close(),
  }
}

function openMember(file: FileHandle, name: string, member: ArchiveMember): LayoutFile {
  if ('data' in member) {
    return {
      size: member.data.length,
      async *chunks() {
        yield member.data.slice()
      },
      async close() {},
    }
  }
  const { offset, size } = member
  return {
    size,
    chunks: signal => readRange(file, { start: offset, size, name }, signal),
    async close() {},
  }
}

async function openFile(path: string): Promise<FileHandle> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') throw error
    throw new OciError('ERR_OCI_SOURCE_NOT_FOUND', `${path} does not exist`, { path })
  }
  if (!(await file.stat()).isFile()) {
    await file.close()
    throw new OciError('ERR_OCI_BAD_ARCHIVE', `${path} is no file; a directory is named by oci:`, {
      path,
    })
  }
  return file
}

/** True when the file begins with a gzip member or a zstd frame, skippable ones included. */
async function isCompressed(file: FileHandle): Promise<boolean> {
  const head = Buffer.alloc(HEAD_SIZE)
  await file.read(head, 0, HEAD_SIZE, 0)
  const compression = compressionOf(head)
  return compression === 'gzip' || compression === 'zstd'
}

/** Decompresses into a file that has no name any more, so nothing is left behind whatever happens. */
async function unpack(
  packed: FileHandle,
  name: string,
  options: ArchiveOptions,
): Promise<FileHandle> {
  const { temporaryDirectory = tmpdir(), maxUnpackedSize = MAX_UNPACKED_SIZE, signal } = options
  const { size } = await packed.stat()
  const directory = await mkdtemp(join(temporaryDirectory, 'composefs-archive-'))
  let file: FileHandle
  try {
    file = await open(join(directory, 'tar'), 'wx+', 0o600)
  } finally {
    await rm(directory, { recursive: true })
  }
  try {
    let unpacked = 0
    for await (const chunk of decompress(readRange(packed, { start: 0, size, name }, signal))) {
      unpacked += chunk.length
      if (unpacked > maxUnpackedSize) {
        throw new OciError(
          'ERR_OCI_BAD_ARCHIVE',
          `${name} unpacks to more than ${maxUnpackedSize} bytes`,
          { path: name, expected: maxUnpackedSize },
        )
      }
      await file.writeFile(chunk)
    }
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}
