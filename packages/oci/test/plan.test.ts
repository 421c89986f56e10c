import { createHash } from 'node:crypto'
import { encodeUtf8 } from '@composefs/bytes'
import { expect, test } from 'vitest'
import { planPull } from '../src/source/plan.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const diffId = `sha256:${'d'.repeat(64)}`
const blob = `sha256:${'b'.repeat(64)}`

const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const json = (value: unknown) => encodeUtf8(JSON.stringify(value))

/** A source of an image whose layers are all the same blob, of these sizes. */
function sourceOf(sizes: readonly number[]) {
  const rootfs = { type: 'layers', diff_ids: sizes.map(() => diffId) }
  const config = json({ architecture: 'amd64', os: 'linux', config: {}, rootfs })
  const bytes = json({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, digest: sha256(config), size: config.length },
    layers: sizes.map(size => ({ mediaType: LAYER, digest: blob, size })),
  })
  const close = () => Promise.resolve()
  return {
    description: 'a source',
    isLocal: true,
    manifest: () => Promise.resolve({ bytes, mediaType: MANIFEST, digest: sha256(bytes) }),
    async *blob() {
      yield config.slice()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

test('a blob may be in an image many times', async () => {
  const { layers } = await planPull(sourceOf([7, 7, 7]))
  expect(layers.map(({ number, id }) => [number, id])).toEqual(
    [1, 2, 3].map(number => [number, diffId]),
  )
})

test('and has one size', async () => {
  await expect(planPull(sourceOf([7, 7, 8]))).rejects.toMatchObject({
    code: 'ERR_OCI_SIZE_MISMATCH',
    facts: { layer: 3, digest: blob, expected: 7, actual: 8 },
  })
})
