/** What a media type stands for in an image. */
export type MediaTypeRole = 'index' | 'manifest' | 'config' | 'layer'

/** How the tar of a layer is packed, as its media type claims. */
export type LayerPacking = 'plain' | 'gzip' | 'zstd'

/** What is known of a media type. */
export interface MediaTypeFacts {
  readonly role: MediaTypeRole
  /** The OCI media type of the same thing; the type itself for OCI ones. */
  readonly oci: string
  /** Of layers only. */
  readonly packing?: LayerPacking
  /** Layers that registries need not hold: the blob may be missing, with only URLs in its place. */
  readonly foreign?: boolean
}

const OCI = 'application/vnd.oci.image'
const DOCKER = 'application/vnd.docker'
const LAYER = `${OCI}.layer.v1.tar`
const FOREIGN_LAYER = `${OCI}.layer.nondistributable.v1.tar`

export const OCI_INDEX = `${OCI}.index.v1+json`
export const OCI_MANIFEST = `${OCI}.manifest.v1+json`
const OCI_CONFIG = `${OCI}.config.v1+json`
const DOCKER_MANIFEST = `${DOCKER}.distribution.manifest.v2+json`

/** Every media type an image may be made of; all others belong to artifacts. */
const TABLE: ReadonlyMap<string, MediaTypeFacts> = new Map<string, MediaTypeFacts>([
  [OCI_INDEX, { role: 'index', oci: OCI_INDEX }],
  [OCI_MANIFEST, { role: 'manifest', oci: OCI_MANIFEST }],
  [OCI_CONFIG, { role: 'config', oci: OCI_CONFIG }],
  [LAYER, { role: 'layer', oci: LAYER, packing: 'plain' }],
  [`${LAYER}+gzip`, { role: 'layer', oci: `${LAYER}+gzip`, packing: 'gzip' }],
  [`${LAYER}+zstd`, { role: 'layer', oci: `${LAYER}+zstd`, packing: 'zstd' }],
  [FOREIGN_LAYER, { role: 'layer', oci: FOREIGN_LAYER, packing: 'plain', foreign: true }],
  [
    `${FOREIGN_LAYER}+gzip`,
    { role: 'layer', oci: `${FOREIGN_LAYER}+gzip`, packing: 'gzip', foreign: true },
  ],
  [
    `${FOREIGN_LAYER}+zstd`,
    { role: 'layer', oci: `${FOREIGN_LAYER}+zstd`, packing: 'zstd', foreign: true },
  ],
  [`${DOCKER}.distribution.manifest.list.v2+json`, { role: 'index', oci: OCI_INDEX }],
  [DOCKER_MANIFEST, { role: 'manifest', oci: OCI_MANIFEST }],
  [`${DOCKER}.container.image.v1+json`, { role: 'config', oci: OCI_CONFIG }],
  [`${DOCKER}.image.rootfs.diff.tar`, { role: 'layer', oci: LAYER, packing: 'plain' }],
  [
    `${DOCKER}.image.rootfs.diff.tar.gzip`,
    { role: 'layer', oci: `${LAYER}+gzip`, packing: 'gzip' },
  ],
  [
    `${DOCKER}.image.rootfs.diff.tar.zstd`,
    { role: 'layer', oci: `${LAYER}+zstd`, packing: 'zstd' },
  ],
  [
    `${DOCKER}.image.rootfs.foreign.diff.tar`,
    { role: 'layer', oci: FOREIGN_LAYER, packing: 'plain', foreign: true },
  ],
  [
    `${DOCKER}.image.rootfs.foreign.diff.tar.gzip`,
    { role: 'layer', oci: `${FOREIGN_LAYER}+gzip`, packing: 'gzip', foreign: true },
  ],
])

/** What is known of a media type; undefined for one that belongs to no image. */
export function mediaTypeFacts(mediaType: string): MediaTypeFacts | undefined {
  return TABLE.get(mediaType)
}

/** The role of a media type; undefined for one that belongs to no image. */
export function mediaTypeRole(mediaType: string): MediaTypeRole | undefined {
  return TABLE.get(mediaType)?.role
}

/** The OCI media type of a layer that is packed in another way than one of type `mediaType`. */
export function layerMediaType(mediaType: string, packing: LayerPacking): string {
  const base = TABLE.get(mediaType)?.foreign ? FOREIGN_LAYER : LAYER
  return packing === 'plain' ? base : `${base}+${packing}`
}

/** True when a manifest whose config has this media type is a container image, otherwise it is an artifact. */
export function isImageConfig(mediaType: string): boolean {
  return mediaTypeRole(mediaType) === 'config'
}

/** True for the media types of Docker's schema 2, whose manifests are converted. */
export function isDockerManifest(mediaType: string): boolean {
  return mediaType === DOCKER_MANIFEST
}

/** Why a media type cannot be a layer of an image, in words for the error. */
export function describeForeignLayerType(mediaType: string): string {
  if (mediaType.endsWith('+encrypted')) return 'an encrypted layer'
  if (mediaType.startsWith(`${DOCKER}.`)) return 'an unknown Docker layer type'
  return 'no layer of a container image'
}
