import type { FileHandle } from 'node:fs/promises'
import {
  type ArchiveFileOptions,
  type ArchiveMember,
  openArchiveFile,
  openMember,
} from './archive-file.ts'
import { indexArchive } from './archive-index.ts'
import type { ImageSource } from './image-source.ts'
import type { LayoutFiles } from './layout-files.ts'
import { openLayoutFiles, type SelectOptions } from './layout-source.ts'

/** How to open an archive. */
export interface ArchiveOptions extends SelectOptions, ArchiveFileOptions {}

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
  const file = await openArchiveFile(path, options)
  try {
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
