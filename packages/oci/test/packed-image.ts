import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { CONFIG, LAYER, LayoutBuilder, type TestDescriptor } from './layout-builder.ts'

/** An image in a layout, under the tag `t`, whose layers are packed. */
export interface PackedImage {
  readonly layout: LayoutBuilder
  readonly reference: string
  readonly manifest: TestDescriptor
  /** Base first. */
  readonly diffIds: readonly string[]
  readonly blobs: readonly TestDescriptor[]
  readonly digests: readonly string[]
}

export function packedImage(
  layers: readonly Uint8Array[],
  layout: LayoutBuilder = new LayoutBuilder(),
): PackedImage {
  const diffIds = layers.map(tar => `sha256:${createHash('sha256').update(tar).digest('hex')}`)
  const config = layout.json(
    { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: diffIds } },
    CONFIG,
  )
  const blobs = layers.map(tar => layout.blob(gzipSync(tar), `${LAYER}+gzip`))
  const manifest = layout.manifest(config, blobs)
  layout.finish({ t: manifest })
  const digests = blobs.map(({ digest }) => digest)
  return { layout, reference: `oci:${layout.directory}:t`, manifest, diffIds, blobs, digests }
}
