import { existsSync } from 'node:fs'
import { parseImageReference } from '../reference.ts'
import { type ArchiveOptions, openArchive } from './archive.ts'
import type { ImageSource } from './image-source.ts'
import { openLayout } from './layout.ts'

/**
 * Opens the source that a reference names: `oci:PATH[:TAG]` or `oci-archive:PATH[:TAG]`.
 *
 * @throws OciError what parseImageReference, openLayout and openArchive throw
 *
 * @example
 * await using source = await openSource('oci:/srv/layout:latest')
 */
export async function openSource(
  reference: string,
  options: Omit<ArchiveOptions, 'tag'> = {},
): Promise<ImageSource> {
  const { transport, path, tag } = parseImageReference(reference, existsSync)
  return transport === 'oci'
    ? await openLayout(path, { ...options, tag })
    : await openArchive(path, { ...options, tag })
}
