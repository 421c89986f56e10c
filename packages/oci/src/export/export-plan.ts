import type { Digest } from '@composefs/fsverity'
import type { Descriptor } from '../document/descriptor.ts'
import { inLayer, OciError } from '../errors.ts'
import type { StoredImage } from '../store/open-image.ts'

/** One layer of a stored image that is to be exported. */
export interface StoredBlob {
  /** From 1, the lowest. */
  readonly number: number
  /** What names its stream: the diff id, of an artifact the digest of the blob. */
  readonly id: string
  /** As in the stored manifest. */
  readonly descriptor: Descriptor
  /** Its stream: of a container image the tar, of an artifact the blob. */
  readonly stream: Digest
}

/**
 * The layers of a stored image, base first, with every repetition.
 *
 * @throws OciError ERR_OCI_LAYER_COUNT_MISMATCH, ERR_OCI_MISSING_REFERENCE
 */
export function storedBlobs({ manifest, image }: StoredImage): StoredBlob[] {
  const { layers } = manifest.manifest
  if (image === undefined) {
    return layers.map((descriptor, i) => {
      const { digest: id } = descriptor
      return { number: i + 1, id, descriptor, stream: streamOf(manifest.layers, id, i + 1) }
    })
  }
  const { orderedLayers } = image
  if (orderedLayers.length !== layers.length) {
    throw new OciError(
      'ERR_OCI_LAYER_COUNT_MISMATCH',
      `the manifest has ${layers.length} layers, the config ${orderedLayers.length} diff ids`,
      { expected: orderedLayers.length, actual: layers.length },
    )
  }
  return orderedLayers.map(({ diffId, stream }, i) => {
    // There are as many.
    const descriptor = layers[i] as Descriptor
    return { number: i + 1, id: diffId, descriptor, stream }
  })
}

/** True for a layer whose tar is its blob. */
export function isPlainBlob({ id, descriptor }: StoredBlob): boolean {
  return descriptor.digest === id
}

/** The error with the layer it is about. */
export function inStoredBlob(error: unknown, { number, id }: StoredBlob): unknown {
  if (!(error instanceof OciError) || error.facts.layer !== undefined) return error
  return inLayer(error, { layer: number, diffId: id })
}

function streamOf(layers: ReadonlyMap<string, Digest>, id: string, number: number): Digest {
  const stream = layers.get(id)
  if (stream !== undefined) return stream
  throw new OciError(
    'ERR_OCI_MISSING_REFERENCE',
    `the stream of the manifest has no reference to layer ${number}, ${id}`,
    { digest: id, layer: number },
  )
}
