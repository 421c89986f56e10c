import { existsSync } from 'node:fs'
import { OciError } from '../errors.ts'
import { type ImageReference, parseImageReference } from '../reference.ts'
import { type ArchiveOptions, openArchive } from './archive.ts'
import type { ImageSource } from './image-source.ts'
import { openLayout } from './layout.ts'

/** How to open what a reference names: each transport takes what concerns it. */
export interface OpenSourceOptions extends Omit<ArchiveOptions, 'tag'> {}

/**
 * Opens the source that a reference names: `docker://NAME`, `oci:PATH[:TAG]`, `oci-archive:PATH[:TAG]`,
 * `docker-archive:PATH[:TAG]`, or what skopeo reads.
 *
 * @throws OciError what parseImageReference, openLayout and openArchive throw
 *
 * @example
 * await using source = await openSource('oci:/srv/layout:latest')
 */
export async function openSource(
  reference: string,
  options: OpenSourceOptions = {},
): Promise<ImageSource> {
  const parsed = parseImageReference(reference, existsSync)
  switch (parsed.transport) {
    case 'oci':
      return await openLayout(parsed.path, { ...options, tag: parsed.tag })
    case 'oci-archive':
      return await openArchive(parsed.path, { ...options, tag: parsed.tag })
    default:
      throw unsupported(reference, parsed)
  }
}

function unsupported(reference: string, { transport }: ImageReference): OciError {
  return new OciError(
    'ERR_OCI_UNSUPPORTED_TRANSPORT',
    `${reference}: the transport ${transport}: is not in this release`,
    { reference, actual: transport, choices: ['oci:', 'oci-archive:'] },
  )
}
