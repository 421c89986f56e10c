import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'

/** How a layer is packed in a layout. `gzip-members` is two gzip members one behind the other. */
export type LayerCompression = 'plain' | 'gzip' | 'gzip-members' | 'zstd'

/** One layer of a layout: the bytes of its tar, and how they are packed. */
export interface LayoutLayer {
  readonly tar: Uint8Array
  readonly compression: LayerCompression
}

/** What a layout holds, and where. */
export interface LayoutFacts {
  readonly directory: string
  readonly manifestDigest: string
  readonly configDigest: string
  readonly diffIds: readonly string[]
}

const MEDIA_TYPE = 'application/vnd.oci.image'
const SUFFIX = { plain: '', gzip: '+gzip', 'gzip-members': '+gzip', zstd: '+zstd' } as const

/** Writes an OCI layout with one image into `directory`, tagged `tag`. The same input gives the same digests. */
export function writeLayout(
  directory: string,
  image: {
    readonly layers: readonly LayoutLayer[]
    readonly tag: string
    readonly labels?: Readonly<Record<string, string>>
    /** Of the processor; any text. */
    readonly variant?: string
  },
): LayoutFacts {
  const blobs = join(directory, 'blobs', 'sha256')
  mkdirSync(blobs, { recursive: true })
  const store = (bytes: Uint8Array, mediaType: string) => {
    const hex = createHash('sha256').update(bytes).digest('hex')
    writeFileSync(join(blobs, hex), bytes)
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length }
  }
  const diffIds = image.layers.map(
    layer => `sha256:${createHash('sha256').update(layer.tar).digest('hex')}`,
  )
  const layers = image.layers.map(layer =>
    store(compress(layer), `${MEDIA_TYPE}.layer.v1.tar${SUFFIX[layer.compression]}`),
  )
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const config = store(
    json({
      architecture,
      os: 'linux',
      variant: image.variant,
      config: image.labels === undefined ? {} : { Labels: image.labels },
      rootfs: { type: 'layers', diff_ids: diffIds },
    }),
    `${MEDIA_TYPE}.config.v1+json`,
  )
  const manifest = store(
    json({ schemaVersion: 2, mediaType: `${MEDIA_TYPE}.manifest.v1+json`, config, layers }),
    `${MEDIA_TYPE}.manifest.v1+json`,
  )
  writeFileSync(join(directory, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }))
  const entry = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': image.tag } }
  writeFileSync(
    join(directory, 'index.json'),
    json({ schemaVersion: 2, mediaType: `${MEDIA_TYPE}.index.v1+json`, manifests: [entry] }),
  )
  return { directory, manifestDigest: manifest.digest, configDigest: config.digest, diffIds }
}

function compress(layer: LayoutLayer): Uint8Array {
  const { tar } = layer
  switch (layer.compression) {
    case 'plain':
      return tar
    case 'gzip':
      return gzipSync(tar)
    case 'gzip-members': {
      const half = tar.length >> 1
      return Buffer.concat([gzipSync(tar.subarray(0, half)), gzipSync(tar.subarray(half))])
    }
    case 'zstd':
      return zstdCompressSync(tar)
  }
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}
