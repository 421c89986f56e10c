import type { ErofsVersion } from '@composefs/erofs'
import type { Digest } from '@composefs/fsverity'
import type { XattrMode } from '../xattr-mode.ts'

/** Beginning of every named reference of a config that is an image and no layer. */
const PREFIX = 'composefs.image'

/** What sets one EROFS image of an OCI image apart from its others. */
export interface ImageVariant {
  /** Emptied /boot and /sysroot, SELinux labels. */
  readonly bootable: boolean
  /** V1 stands for V0 too, which never has a reference of its own. */
  readonly format: 1 | 2
  /** Of boot variants only; the plain image always has the default. */
  readonly xattrs: XattrMode
}

/** The images of one OCI image, by their key in the named references of its config. */
export type ImageReferences = ReadonlyMap<string, Digest>

/** Variants in the order in which the references of a config list them, with their keys. These are API. */
const VARIANTS: readonly (readonly [key: string, ImageVariant])[] = [
  [PREFIX, { bootable: false, format: 2, xattrs: 'allowlist-only' }],
  [`${PREFIX}.v1`, { bootable: false, format: 1, xattrs: 'allowlist-only' }],
  [`${PREFIX}.boot`, { bootable: true, format: 2, xattrs: 'allowlist-only' }],
  [`${PREFIX}.boot.v1`, { bootable: true, format: 1, xattrs: 'allowlist-only' }],
  [
    `${PREFIX}.boot.xattrs=keep-user-xattrs`,
    { bootable: true, format: 2, xattrs: 'keep-user-xattrs' },
  ],
  [
    `${PREFIX}.boot.v1.xattrs=keep-user-xattrs`,
    { bootable: true, format: 1, xattrs: 'keep-user-xattrs' },
  ],
]

/** The format by which an image of that EROFS version is referred to. */
export function imageFormat(version: ErofsVersion): 1 | 2 {
  return version === 2 ? 2 : 1
}

/**
 * The key of a variant.
 *
 * @throws RangeError for a plain image with another xattr filter, which has no key
 */
export function imageReferenceKey(variant: ImageVariant): string {
  for (const [key, { bootable, format, xattrs }] of VARIANTS) {
    const fits = bootable === variant.bootable && format === variant.format
    if (fits && xattrs === variant.xattrs) return key
  }
  throw new RangeError(`a plain image with the xattr filter ${variant.xattrs}`)
}

/** True for the name of a reference that is an image, also of a variant of later versions. */
export function isImageReference(name: string): boolean {
  return name.startsWith(PREFIX)
}

/** The images among the named references of a config. */
export function imageReferencesOf(named: ReadonlyMap<string, Digest>): ImageReferences {
  return new Map([...named].filter(([name]) => isImageReference(name)))
}

/** References in the order of a config: known variants first, then what later versions have added. */
export function sortImageReferences(references: ImageReferences): [string, Digest][] {
  const rank = (key: string): number => {
    const index = VARIANTS.findIndex(([known]) => known === key)
    return index < 0 ? VARIANTS.length : index
  }
  return [...references].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
}

/** The plain image of a format, or undefined. There is no falling back to the other format. */
export function plainImage(references: ImageReferences, version: ErofsVersion): Digest | undefined {
  const variant = {
    bootable: false,
    format: imageFormat(version),
    xattrs: 'allowlist-only',
  } as const
  return references.get(imageReferenceKey(variant))
}

/** The boot image of a format, the one with the default xattr filter first. */
export function bootImage(references: ImageReferences, version: ErofsVersion): Digest | undefined {
  return linkedBootImage(references, version)?.digest
}

/** The same, and what it is. */
export function linkedBootImage(
  references: ImageReferences,
  version: ErofsVersion,
): LinkedImage | undefined {
  return linkedImages(references).find(
    ({ bootable, format }) => bootable && format === imageFormat(version),
  )
}

/** An image of an OCI image and what it is. */
export interface LinkedImage extends ImageVariant {
  readonly digest: Digest
}

/** The images whose variant is known, plain ones first, V2 before V1. */
export function linkedImages(references: ImageReferences): LinkedImage[] {
  return VARIANTS.flatMap(([key, variant]) => {
    const digest = references.get(key)
    return digest === undefined ? [] : [{ digest, ...variant }]
  })
}
