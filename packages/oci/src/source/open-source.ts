import { existsSync } from 'node:fs'
import type { RegistryOptions } from '@composefs/registry'
import { isOciError, OciError } from '../errors.ts'
import { parseImageReference } from '../reference.ts'
import { type ArchiveOptions, openArchive } from './archive.ts'
import { openDockerArchive } from './docker-archive.ts'
import type { ImageSource } from './image-source.ts'
import { openLayout } from './layout.ts'
import { openRegistryImage } from './registry-source.ts'
import type { SkopeoOptions } from './skopeo/skopeo-options.ts'
import { openSkopeo } from './skopeo/skopeo-source.ts'

/** How to open what a reference names: each transport takes what concerns it. */
export interface OpenSourceOptions extends Omit<ArchiveOptions, 'tag'> {
  /** For registries, and for what skopeo does over a network. */
  readonly registry?: RegistryOptions | undefined
  /** Needed for `docker-daemon:`, `dir:`, `containers-storage:` and others that are not read here. */
  readonly skopeo?: SkopeoOptions | undefined
  /** Read everything through skopeo, also what could be read here. */
  readonly via?: 'skopeo' | undefined
}

/**
 * Opens the source that a reference names: `docker://NAME`, `oci:PATH[:TAG]`, `oci-archive:PATH[:TAG]`,
 * `docker-archive:PATH[:TAG]`, or what skopeo reads.
 *
 * @throws OciError what parseImageReference, openLayout, openArchive, openDockerArchive, openRegistryImage and openSkopeo
 * throw; ERR_OCI_UNSUPPORTED_TRANSPORT for what needs skopeo when `skopeo` is not given; RegistryError
 *
 * @example
 * await using source = await openSource('oci:/srv/layout:latest')
 */
export async function openSource(
  reference: string,
  options: OpenSourceOptions = {},
): Promise<ImageSource> {
  const parsed = parseImageReference(reference, existsSync)
  if (options.via === 'skopeo') return await openThroughSkopeo(reference, options)
  switch (parsed.transport) {
    case 'docker':
      return await openRegistryImage(parsed.name, options)
    case 'oci':
      return await openLayout(parsed.path, { ...options, tag: parsed.tag })
    case 'oci-archive':
      return await openArchiveOrSkopeo(reference, options, () =>
        openArchive(parsed.path, { ...options, tag: parsed.tag }),
      )
    case 'docker-archive':
      return await openArchiveOrSkopeo(reference, options, () =>
        openDockerArchive(parsed.path, { ...options, tag: parsed.tag }),
      )
    default:
      return await openThroughSkopeo(reference, options)
  }
}

/** Skopeo knows more ways in which an archive may be compressed. */
async function openArchiveOrSkopeo(
  reference: string,
  options: OpenSourceOptions,
  open: () => Promise<ImageSource>,
): Promise<ImageSource> {
  try {
    return await open()
  } catch (error) {
    const isForSkopeo = isOciError(error, 'ERR_OCI_COMPRESSION_UNSUPPORTED')
    if (!isForSkopeo || options.skopeo === undefined) throw error
    return await openThroughSkopeo(reference, options)
  }
}

async function openThroughSkopeo(
  reference: string,
  options: OpenSourceOptions,
): Promise<ImageSource> {
  const { skopeo } = options
  if (skopeo !== undefined) return await openSkopeo(reference, { ...options, skopeo })
  throw new OciError(
    'ERR_OCI_UNSUPPORTED_TRANSPORT',
    `${reference}: only skopeo reads this, and nobody said how to start it`,
    { reference, choices: ['docker://', 'oci:', 'oci-archive:', 'docker-archive:'] },
  )
}
