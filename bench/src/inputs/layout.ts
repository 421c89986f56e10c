import { createHash, type Hash } from 'node:crypto'
import { createWriteStream, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip, createZstdCompress } from 'node:zlib'

/** How a layer is packed. */
export type Packing = 'tar' | 'gz' | 'zst'

/** A blob of a layout. */
export interface Blob {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** A layer of a layout, and the digest of its tar. */
export interface LayerBlob extends Blob {
  readonly diffId: string
}

const MEDIA_TYPE = 'application/vnd.oci.image'
const SUFFIXES = { tar: '', gz: '+gzip', zst: '+zstd' } as const

/** The tag of every layout. */
export const TAG = 'bench'

/** Writes an OCI layout with one image, tagged `bench`, whatever the size of its layers. */
export async function writeLayout(
  directory: string,
  layers: readonly Iterable<Uint8Array>[],
  packing: Packing,
): Promise<void> {
  mkdirSync(blobDirectory(directory), { recursive: true })
  const blobs: LayerBlob[] = []
  for (const layer of layers) blobs.push(await writeLayer(directory, layer, packing))
  writeImage(directory, blobs)
}

/** Writes config, manifest and index of layers that are there. */
export function writeImage(directory: string, layers: readonly LayerBlob[]): void {
  const config = writeDocument(directory, `${MEDIA_TYPE}.config.v1+json`, {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  })
  const mediaType = `${MEDIA_TYPE}.manifest.v1+json`
  const manifest = writeDocument(directory, mediaType, {
    schemaVersion: 2,
    mediaType,
    config,
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
  })
  writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const entry = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': TAG } }
  writeFileSync(
    join(directory, 'index.json'),
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${MEDIA_TYPE}.index.v1+json`,
      manifests: [entry],
    }),
  )
}

/** Where the blobs of a layout lie. */
export function blobDirectory(directory: string): string {
  return join(directory, 'blobs', 'sha256')
}

/** The media type of a layer. */
export function layerMediaType(packing: Packing): string {
  return `${MEDIA_TYPE}.layer.v1.tar${SUFFIXES[packing]}`
}

async function writeLayer(
  directory: string,
  layer: Iterable<Uint8Array>,
  packing: Packing,
): Promise<LayerBlob> {
  const partial = join(directory, 'partial')
  const diff = createHash('sha256')
  const blob = createHash('sha256')
  let size = 0
  await pipeline(
    layer,
    hashing(diff),
    packer(packing),
    hashing(blob, length => {
      size += length
    }),
    createWriteStream(partial),
  )
  const hex = blob.digest('hex')
  renameSync(partial, join(blobDirectory(directory), hex))
  return {
    mediaType: layerMediaType(packing),
    digest: `sha256:${hex}`,
    size,
    diffId: `sha256:${diff.digest('hex')}`,
  }
}

function packer(packing: Packing): Transform {
  if (packing === 'gz') return createGzip()
  if (packing === 'zst') return createZstdCompress()
  return new PassThrough()
}

function hashing(hash: Hash, onBytes?: (length: number) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      onBytes?.(chunk.length)
      done(null, chunk)
    },
  })
}

function writeDocument(directory: string, mediaType: string, document: unknown): Blob {
  const bytes = Buffer.from(JSON.stringify(document))
  const hex = createHash('sha256').update(bytes).digest('hex')
  writeFileSync(join(blobDirectory(directory), hex), bytes)
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length }
}
