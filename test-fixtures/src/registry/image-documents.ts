import { createHash } from 'node:crypto'

/** What an image says of one of its layers. */
export interface ImageLayer {
  readonly digest: string
  readonly diffId: string
  readonly size: number
  readonly mediaType: string
}

/** The documents of an image, by which a registry or a layout names its layers. */
export interface ImageDocuments {
  readonly manifest: Uint8Array
  readonly manifestDigest: string
  readonly manifestType: string
  readonly config: Uint8Array
  readonly configDigest: string
}

const TYPE = 'application/vnd.oci.image'

/** Config and manifest for these layers, for linux on amd64. */
export function imageDocuments(
  layers: readonly ImageLayer[],
  more: Readonly<Record<string, unknown>> = {},
): ImageDocuments {
  const config = json({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  })
  const configDigest = sha256(config)
  const manifestType = `${TYPE}.manifest.v1+json`
  const manifest = json({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: `${TYPE}.config.v1+json`, digest: configDigest, size: config.length },
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
    ...more,
  })
  return { manifest, manifestDigest: sha256(manifest), manifestType, config, configDigest }
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
