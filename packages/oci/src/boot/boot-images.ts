import { type ErofsVersion, imageDigest } from '@composefs/erofs'
import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import type { FileTree } from '@composefs/tree'
import { type BuildTreeOptions, buildTree } from '../build-tree.ts'
import { OciError } from '../errors.ts'
import { imageVersions } from '../store/commit-images.ts'
import {
  type ImageReferences,
  imageFormat,
  imageReferenceKey,
  type LinkedImage,
  linkedImages,
} from '../store/image-references.ts'
import type { StoredImageConfig } from '../store/open-image.ts'
import { DEFAULT_XATTR_MODE, type XattrMode } from '../xattr-mode.ts'

/** What an expected id is looked for among, in that order: filters, and of each the formats. */
const XATTR_MODES: readonly XattrMode[] = ['allowlist-only', 'keep-user-xattrs']
const FORMATS = [1, 2] as const

/** True when the references name a boot image of each of the repository's formats, and all of them are there. */
export function hasAllBootImages(repository: Repository, references: ImageReferences): boolean {
  return imageVersions(repository).every(version => {
    const digest = references.get(bootKey(version, DEFAULT_XATTR_MODE))
    return digest !== undefined && repository.images.has(digest)
  })
}

/**
 * Stores the boot image of a tree in each of the repository's formats; the images have no name yet. The tree has had
 * the boot transform, and the default xattr filter before.
 *
 * @param known references that stay
 */
export function commitBootImages(
  repository: Repository,
  tree: FileTree,
  known: ImageReferences,
): ImageReferences {
  const references = new Map(known)
  // The default format comes last: V0 and V1 share a key, and it is the one to win.
  for (const version of imageVersions(repository).toReversed()) {
    const { digest } = repository.images.put(tree, version)
    references.set(bootKey(version, DEFAULT_XATTR_MODE), digest)
  }
  return references
}

/**
 * Looks for the settings with which the boot image of an image has an id: first among the images that are there, then
 * by making the tree once for each xattr filter. The image that is found is stored, without a name yet.
 *
 * @returns the references with that of the image, as they came when it has one; or when nothing has the id
 * @throws OciError what buildTree throws
 */
export async function addExpectedBootImage(
  repository: Repository,
  config: Pick<StoredImageConfig, 'orderedLayers' | 'trust'> & { readonly images: ImageReferences },
  { expected, ...options }: BuildTreeOptions & { readonly expected: Digest },
): Promise<ImageReferences> {
  const { images } = config
  const found = findBootImage(images, expected)
  if (found !== undefined && repository.images.has(expected)) return images
  const { algorithm, hashing } = repository
  for (const xattrs of XATTR_MODES) {
    const tree = await buildTree(repository, config, { ...options, xattrs, bootable: true })
    for (const version of FORMATS) {
      options.signal?.throwIfAborted()
      if (!imageDigest(tree, { version, algorithm, hashing }).equals(expected)) continue
      const { digest } = repository.images.put(tree, version)
      return new Map(images).set(bootKey(version, xattrs), digest)
    }
  }
  return images
}

/** The boot image with an id among those that are referred to. */
export function findBootImage(
  references: ImageReferences,
  digest: Digest,
): LinkedImage | undefined {
  return linkedImages(references).find(image => image.bootable && image.digest.equals(digest))
}

/** The error for an id that no boot image of an image has. */
export function noExpectedBootImage({ hex }: Digest): OciError {
  const tries = XATTR_MODES.length * FORMATS.length
  return new OciError(
    'ERR_OCI_NO_EXPECTED_BOOT_IMAGE',
    `No boot image configuration matched expected digest ${hex} (tried ${tries} mode/version combinations)`,
    { expected: hex },
  )
}

function bootKey(version: ErofsVersion, xattrs: XattrMode): string {
  return imageReferenceKey({ bootable: true, format: imageFormat(version), xattrs })
}
