import type { FileHandle } from 'node:fs/promises'
import { decodeUtf8 } from '@composefs/bytes'
import { OciError } from '../errors.ts'
import type { TarEntry } from '../tar/entry.ts'
import type { ArchiveMember } from './archive-file.ts'
import { memberOf, scanArchive } from './archive-scan.ts'

/** Most files of a layout in an archive: an archive of empty files cannot fill the memory with their names. */
const ARCHIVE_MEMBERS_MAX = 1 << 18

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
  await scanArchive(
    file,
    archive,
    (entry, contentOffset) => addEntry(members, entry, contentOffset),
    signal,
  )
  return members
}

function addEntry(
  members: Map<string, ArchiveMember>,
  entry: TarEntry,
  contentOffset: number,
): void {
  const name = layoutName(entry.path)
  if (name === undefined) return
  const member =
    entry.kind === 'hardlink'
      ? members.get(layoutName(entry.target) ?? '')
      : memberOf(entry, contentOffset)
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
