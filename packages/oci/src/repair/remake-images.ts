import { type ErofsVersion, imageDigest } from '@composefs/erofs'
import type { Digest } from '@composefs/fsverity'
import { publish, type Repository } from '@composefs/repository'
import type { FileTree } from '@composefs/tree'
import { buildTree } from '../build-tree.ts'
import { readSealLabel } from '../document/config.ts'
import { OciError } from '../errors.ts'
import { parseLabel } from '../seal/mountable-image.ts'
import { type ImageVariant, linkedImages } from '../store/image-references.ts'
import type { StoredImageConfig } from '../store/open-image.ts'
import { DEFAULT_XATTR_MODE } from '../xattr-mode.ts'

/** An image that is wanted, and what it may be. */
interface WantedImage {
  readonly digest: Digest
  readonly tree: Pick<ImageVariant, 'bootable' | 'xattrs'>
  readonly versions: readonly ErofsVersion[]
}

/**
 * Makes the EROFS images again that an image refers to, or that its seal names, and that are not there. What is made
 * has to have the id that is referred to; anything else is not kept. Images that lack their name alone get it back.
 *
 * @returns the images that are there now
 * @throws OciError what buildTree throws; ERR_OCI_NO_EROFS_IMAGE where what the layers make has another id
 */
export async function remakeImages(
  repository: Repository,
  config: StoredImageConfig,
  signal: AbortSignal | undefined,
): Promise<Digest[]> {
  const { objects } = repository
  const trees = new Map<string, FileTree>()
  const made: Digest[] = []
  const other: WantedImage[] = []
  for (const wanted of wantedImages(repository, config)) {
    signal?.throwIfAborted()
    if (!objects.has(wanted.digest)) {
      const key = JSON.stringify(wanted.tree)
      const tree =
        trees.get(key) ?? (await buildTree(repository, config, { ...wanted.tree, signal }))
      trees.set(key, tree)
      if (!storeImage(repository, tree, wanted)) {
        other.push(wanted)
        continue
      }
    }
    made.push(wanted.digest)
  }
  if (made.length > 0)
    publish(
      repository,
      made.map(digest => ({ kind: 'image', digest })),
    )
  const [first] = other
  if (first === undefined) return made
  const { hex } = first.digest
  throw new OciError('ERR_OCI_NO_EROFS_IMAGE', `the layers make another image than ${hex}`, {
    digest: config.digest,
    expected: hex,
  })
}

/** The image that the seal of a config names; undefined without a seal, and for one of the other hash. */
export function sealedImage(
  { algorithm }: Repository,
  { config }: StoredImageConfig,
): Digest | undefined {
  const label = readSealLabel(config.labels)
  const sealed = label === undefined ? undefined : parseLabel(label)
  return sealed?.algorithm === algorithm ? sealed : undefined
}

function wantedImages(repository: Repository, config: StoredImageConfig): WantedImage[] {
  const wanted: WantedImage[] = []
  for (const { digest, format, bootable, xattrs } of linkedImages(config.images)) {
    const versions = format === 2 ? ([2] as const) : ([1, 0] as const)
    wanted.push({ digest, tree: { bootable, xattrs }, versions })
  }
  const sealed = sealedImage(repository, config)
  if (sealed !== undefined) {
    const tree = { bootable: false, xattrs: DEFAULT_XATTR_MODE }
    wanted.push({ digest: sealed, tree, versions: [1, 2, 0] })
  }
  return wanted.filter(({ digest }) => !repository.images.has(digest))
}

/** Stores the image in the format in which it has the id; false when it has it in none. */
function storeImage(repository: Repository, tree: FileTree, wanted: WantedImage): boolean {
  const { algorithm, hashing } = repository
  for (const version of wanted.versions) {
    if (!imageDigest(tree, { version, algorithm, hashing }).equals(wanted.digest)) continue
    repository.images.put(tree, version)
    return true
  }
  return false
}
