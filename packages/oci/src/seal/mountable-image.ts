import { imageDigest } from '@composefs/erofs'
import { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { buildTree } from '../build-tree.ts'
import { readSealLabel, SEAL_LABEL } from '../document/config.ts'
import { OciError } from '../errors.ts'
import { bootImage, linkedImages, plainImage } from '../store/image-references.ts'
import type { StoredImageConfig } from '../store/open-image.ts'

/** The EROFS image that stands for an OCI image. */
export interface MountableImage {
  readonly digest: Digest
  /** Why it is that one: a reference of the config, or the seal label alone. */
  readonly by: 'reference' | 'label'
  /** For people: what could not be checked. */
  readonly notice?: string
}

/**
 * Finds the image to mount: the one the config's stream refers to in the repository's default format, which the seal
 * label must not contradict; without such a reference the one that the label names. The boot variant is not the
 * label's business.
 *
 * A label that is none of the ids that are referred to costs the making of the tree, to learn its other ids.
 *
 * @throws OciError ERR_OCI_SEAL_MISMATCH, ERR_OCI_SEALED_IMAGE_MISSING, ERR_OCI_NO_EROFS_IMAGE, ERR_OCI_NO_BOOT_IMAGE
 */
export async function mountableImage(
  repository: Repository,
  config: StoredImageConfig,
  options: { readonly bootable?: boolean } = {},
): Promise<MountableImage> {
  const version = repository.erofsVersions.default
  const { images, digest } = config
  if (options.bootable === true) {
    const boot = bootImage(images, version)
    if (boot !== undefined) return { digest: boot, by: 'reference' }
    throw new OciError(
      'ERR_OCI_NO_BOOT_IMAGE',
      'No boot EROFS image linked — try pulling with --bootable',
      { digest },
    )
  }
  const label = readSealLabel(config.config.labels)
  const linked = plainImage(images, version)
  if (linked !== undefined) {
    const notice = label === undefined ? undefined : await checkLabel(repository, config, label)
    const result: MountableImage = { digest: linked, by: 'reference' }
    return notice === undefined ? result : { ...result, notice }
  }
  if (label !== undefined) return { digest: labelledImage(repository, label), by: 'label' }
  throw new OciError(
    'ERR_OCI_NO_EROFS_IMAGE',
    'No composefs EROFS image linked — try re-pulling the image',
    { digest },
  )
}

/**
 * The image that the seal label names, whatever the config's stream refers to.
 *
 * @throws OciError ERR_OCI_NOT_SEALED, ERR_OCI_SEALED_IMAGE_MISSING
 */
export function sealedImage(repository: Repository, config: StoredImageConfig): Digest {
  const label = readSealLabel(config.config.labels)
  if (label !== undefined) return labelledImage(repository, label)
  throw new OciError('ERR_OCI_NOT_SEALED', `config ${config.digest} has no label ${SEAL_LABEL}`, {
    digest: config.digest,
  })
}

/** A notice when the label cannot be checked, nothing when it is right. */
async function checkLabel(
  repository: Repository,
  config: StoredImageConfig,
  label: string,
): Promise<string | undefined> {
  const named = parseLabel(label)
  if (named !== undefined && named.algorithm !== repository.algorithm) {
    return `the label ${SEAL_LABEL} is a ${named.algorithm.name} id, which a ${repository.algorithm.name} repository cannot check`
  }
  if (named !== undefined && (await isImageOf(repository, config, named))) return undefined
  throw new OciError(
    'ERR_OCI_SEAL_MISMATCH',
    `the label ${SEAL_LABEL} of config ${config.digest} names ${JSON.stringify(label)}, which is no image of its layers`,
    { digest: config.digest, actual: label },
  )
}

/** True when `named` is the plain image of these layers, in whichever format. */
export async function isImageOf(
  repository: Repository,
  config: StoredImageConfig,
  named: Digest,
): Promise<boolean> {
  const plain = linkedImages(config.images).filter(({ bootable }) => !bootable)
  if (plain.some(({ digest }) => digest.equals(named))) return true
  const tree = await buildTree(repository, config)
  const { algorithm, hashing } = repository
  return ([1, 2] as const).some(version =>
    imageDigest(tree, { version, algorithm, hashing }).equals(named),
  )
}

function labelledImage(repository: Repository, label: string): Digest {
  const digest = parseLabel(label)
  const isHere = digest?.algorithm === repository.algorithm && repository.images.has(digest)
  if (digest !== undefined && isHere) return digest
  const reason = digest === undefined ? 'is no image id' : 'is not in the repository'
  throw new OciError(
    'ERR_OCI_SEALED_IMAGE_MISSING',
    `image not found: ${JSON.stringify(label)}, which the label ${SEAL_LABEL} names, ${reason}`,
    { actual: label },
  )
}

/** The id that a label names; undefined for another text. Upper case is no id: `images/HEX` is always lower case. */
export function parseLabel(label: string): Digest | undefined {
  return /^[0-9a-f]*$/.test(label) ? Digest.fromHex(label) : undefined
}
