import type { FileHandle } from 'node:fs/promises'
import { Digest, SHA256 } from '@composefs/fsverity'
import { OciError } from '../errors.ts'
import type { TarEntry } from '../tar/entry.ts'
import { TarReader } from '../tar/reader.ts'
import type { ArchiveMember } from './archive-file.ts'

/** Bytes read between two contents: a header, padding, and a few small files. */
const WINDOW_SIZE = 16 << 10

/** The reader wants a name for each object; nobody reads this one. */
const NO_DIGEST = new Digest(SHA256, new Uint8Array(SHA256.digestSize))

/**
 * Reads the headers of an uncompressed tar, and nothing else but what lies between them.
 *
 * @param onEntry gets each entry and the offset of its content, which means nothing where there is none
 * @throws OciError ERR_OCI_BAD_ARCHIVE, with the tar's own error as its cause
 */
export async function scanArchive(
  file: FileHandle,
  archive: { readonly size: number; readonly name: string },
  onEntry: (entry: TarEntry, contentOffset: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  let position = 0
  let contentOffset = 0
  const reader = new TarReader({
    strayContent: 'skip',
    onEntry: entry => onEntry(entry, contentOffset),
  })
  const window = new Uint8Array(WINDOW_SIZE)
  try {
    while (position < archive.size) {
      signal?.throwIfAborted()
      const { bytesRead } = await file.read(window, 0, WINDOW_SIZE, position)
      if (bytesRead === 0) break
      position += reader.push(window.subarray(0, bytesRead))
      if (reader.objectSize !== undefined) {
        contentOffset = position
        position += reader.objectSize
        reader.completeObject(NO_DIGEST)
      }
    }
    if (position > archive.size) {
      throw new OciError('ERR_OCI_TAR_TRUNCATED', 'the tar ends inside an entry', {
        offset: archive.size,
      })
    }
    reader.finish()
  } catch (error) {
    if (!(error instanceof OciError)) throw error
    throw new OciError(
      'ERR_OCI_BAD_ARCHIVE',
      `${archive.name}: ${error.message}`,
      { ...error.facts, path: archive.name },
      { cause: error },
    )
  }
}

/** Where the content of a regular file is; undefined for everything else. */
export function memberOf(entry: TarEntry, contentOffset: number): ArchiveMember | undefined {
  if (entry.content === undefined) return undefined
  if (entry.content.kind === 'inline') return { data: entry.content.data }
  return { offset: contentOffset, size: entry.size }
}
