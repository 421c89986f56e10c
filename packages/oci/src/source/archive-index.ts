import type { FileHandle } from 'node:fs/promises'
import { decodeUtf8 } from '@composefs/bytes'
import { Digest, SHA256 } from '@composefs/fsverity'
import { OciError } from '../errors.ts'
import type { TarEntry } from '../tar/entry.ts'
import { TarReader } from '../tar/reader.ts'

/** A file inside an archive: `data` where it is small, else its place. */
export type ArchiveMember =
  | { readonly data: Uint8Array }
  | { readonly offset: number; readonly size: number }

/** Most files of a layout in an archive: an archive of empty files cannot fill the memory with their names. */
export const ARCHIVE_MEMBERS_MAX = 1 << 18

/** Bytes read between two contents: a header, padding, and a few small files. */
const WINDOW_SIZE = 16 << 10

/** The reader wants a name for each object; nobody reads this one. */
const NO_DIGEST = new Digest(SHA256, new Uint8Array(SHA256.digestSize))

/** Names a layout may use. Everything else in the archive is skipped. */
const LAYOUT_NAME = /^(?:oci-layout|index\.json|blobs\/[a-z0-9+._-]+\/[A-Za-z0-9=_-]+)$/

/**
 * Finds the files of a layout in an uncompressed tar by reading its headers alone.
 *
 * As when an archive is unpacked, a later file of a name replaces an earlier one, and a hard link is the file it names.
 * Symlinks count as absent.
 *
 * @throws OciError ERR_OCI_BAD_ARCHIVE, with the tar's own error as its cause
 */
export async function indexArchive(
  file: FileHandle,
  archive: { readonly size: number; readonly name: string },
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, ArchiveMember>> {
  const members = new Map<string, ArchiveMember>()
  let position = 0
  let contentOffset = 0
  const reader = new TarReader({
    strayContent: 'skip',
    onEntry: entry => addEntry(members, entry, contentOffset),
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
  return members
}

function addEntry(
  members: Map<string, ArchiveMember>,
  entry: TarEntry,
  contentOffset: number,
): void {
  const name = layoutName(entry.path)
  if (name === undefined) return
  const member = memberOf(members, entry, contentOffset)
  if (member === undefined) {
    members.delete(name)
    return
  }
  members.set(name, member)
  if (members.size > ARCHIVE_MEMBERS_MAX) {
    throw new OciError(
      'ERR_OCI_BAD_ARCHIVE',
      `more than ${ARCHIVE_MEMBERS_MAX} files in a layout archive`,
      { expected: ARCHIVE_MEMBERS_MAX },
    )
  }
}

function memberOf(
  members: ReadonlyMap<string, ArchiveMember>,
  entry: TarEntry,
  contentOffset: number,
): ArchiveMember | undefined {
  if (entry.kind === 'hardlink') return members.get(layoutName(entry.target) ?? '')
  if (entry.content === undefined) return undefined
  if (entry.content.kind === 'inline') return { data: entry.content.data }
  return { offset: contentOffset, size: entry.size }
}

/** The name below the layout, without empty and `.` components; undefined for names that no layout has. */
function layoutName(path: Uint8Array): string | undefined {
  const text = decodeUtf8(path)
  if (text === undefined) return undefined
  const name = text
    .split('/')
    .filter(part => part !== '' && part !== '.')
    .join('/')
  return LAYOUT_NAME.test(name) ? name : undefined
}
