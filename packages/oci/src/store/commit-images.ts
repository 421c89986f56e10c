import { type ErofsVersion, imageDigest } from '@composefs/erofs'
import type { Digest } from '@composefs/fsverity'
import type { PublishedName, Repository } from '@composefs/repository'
import type { FileTree } from '@composefs/tree'
import {
  type ImageReferences,
  imageFormat,
  imageReferenceKey,
  plainImage,
} from './image-references.ts'

/** The EROFS formats that the repository makes images of, the default one first. */
export function imageVersions(repository: Repository): ErofsVersion[] {
  const { default: first, extra } = repository.erofsVersions
  return [...new Set([first, ...extra])]
}

/** True when the references name a plain image of each of the repository's formats, and all of them are there. */
export function hasAllImages(repository: Repository, references: ImageReferences): boolean {
  return imageVersions(repository).every(version => {
    const digest = plainImage(references, version)
    return digest !== undefined && repository.images.has(digest)
  })
}

/**
 * Stores the plain image of a tree in each of the repository's formats. The images have no name yet: `imageNames` are
 * to be published before the config that refers to them.
 *
 * @param known references to keep beside the new ones, as far as their images are there: boot variants, and formats
 *   that this run does not make
 */
export function commitImages(
  repository: Repository,
  tree: FileTree,
  known: ImageReferences = new Map(),
): ImageReferences {
  const references = new Map([...known].filter(([, digest]) => repository.images.has(digest)))
  // The default format comes last: V0 and V1 share a key, and it is the one to win.
  for (const version of imageVersions(repository).toReversed()) {
    const { digest } = repository.images.put(tree, version)
    references.set(plainKey(version), digest)
  }
  return references
}

/** The id of a tree's image in the repository's default format, without storing it. */
export function defaultImageDigest(repository: Repository, tree: FileTree): Digest {
  const { erofsVersions, algorithm, hashing } = repository
  return imageDigest(tree, { version: erofsVersions.default, algorithm, hashing })
}

/** The names that make images mountable. */
export function imageNames(references: ImageReferences): PublishedName[] {
  return Array.from(references.values(), digest => ({ kind: 'image', digest }))
}

function plainKey(version: ErofsVersion): string {
  return imageReferenceKey({
    bootable: false,
    format: imageFormat(version),
    xattrs: 'allowlist-only',
  })
}
