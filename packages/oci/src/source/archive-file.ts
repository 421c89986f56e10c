import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { compressionOf } from '../compression-magic.ts'
import { decompress } from '../decompress/decompress.ts'
import { readRange } from '../disk/read-range.ts'
import { openUnnamedFile } from '../disk/unnamed-file.ts'
import { OciError } from '../errors.ts'
import type { LayoutFile } from './layout-files.ts'

/** How to open an archive as a file of plain tar. */
export interface ArchiveFileOptions {
  /** Where a compressed archive is unpacked to, as one unnamed file. Default: the temporary directory of the system. */
  readonly temporaryDirectory?: string
  /** Most bytes a compressed archive may unpack to. Default: 64 GiB, more than any image and less than most disks. */
  readonly maxUnpackedSize?: number
  readonly signal?: AbortSignal | undefined
}

/** A file inside an archive: `data` where it is small, else its place. */
export type ArchiveMember =
  | { readonly data: Uint8Array }
  | { readonly offset: number; readonly size: number }

/** Default of the most bytes that something compressed in an archive may unpack to. */
export const MAX_UNPACKED_SIZE = 64 * 2 ** 30

/** Enough to see what a file is: the magic of a tar ends at byte 262. */
const HEAD_SIZE = 512

/**
 * Opens an archive for reading it anywhere.
 *
 * One that is compressed as a whole (gzip, zstd) is decompressed into an unnamed temporary file, since its parts are
 * wanted in another order than they come in; memory stays the same for any size.
 *
 * @throws OciError ERR_OCI_SOURCE_NOT_FOUND, ERR_OCI_BAD_ARCHIVE, and ERR_OCI_COMPRESSION_* for a broken compressed
 * archive or another compression
 */
export async function openArchiveFile(
  path: string,
  options: ArchiveFileOptions,
): Promise<FileHandle> {
  const file = await openFile(path)
  let plain: FileHandle | undefined
  try {
    plain = await plainFile(file, path, options)
    return plain
  } finally {
    if (plain !== file) await file.close()
  }
}

/** A file inside an archive, whose own file it does not close. */
export function openMember(file: FileHandle, name: string, member: ArchiveMember): LayoutFile {
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
    chunks: options => readRange(file, { start: offset, size, name }, options),
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

/** The file itself where it is plain, else another one with what it unpacks to. */
async function plainFile(
  file: FileHandle,
  path: string,
  options: ArchiveFileOptions,
): Promise<FileHandle> {
  const head = Buffer.alloc(HEAD_SIZE)
  await file.read(head, 0, HEAD_SIZE, 0)
  const compression = compressionOf(head)
  if (compression === undefined) return file
  if (compression === 'gzip' || compression === 'zstd') return await unpack(file, path, options)
  throw new OciError(
    'ERR_OCI_COMPRESSION_UNSUPPORTED',
    `${path} is compressed by ${compression}; gzip and zstd are read`,
    { path, actual: compression },
  )
}

/** Decompresses into a file that has no name any more, so nothing is left behind whatever happens. */
async function unpack(
  packed: FileHandle,
  name: string,
  options: ArchiveFileOptions,
): Promise<FileHandle> {
  const { temporaryDirectory = tmpdir(), maxUnpackedSize = MAX_UNPACKED_SIZE, signal } = options
  const { size } = await packed.stat()
  const file = await openUnnamedFile(temporaryDirectory)
  try {
    let unpacked = 0
    for await (const chunk of decompress(readRange(packed, { start: 0, size, name }, { signal }))) {
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
