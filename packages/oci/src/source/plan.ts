import { type Config, parseConfig } from '../document/config.ts'
import type { Descriptor } from '../document/descriptor.ts'
import { convertDockerManifest } from '../document/docker-convert.ts'
import { isContainerImage, type Manifest, parseManifest } from '../document/manifest.ts'
import {
  describeForeignLayerType,
  isDockerManifest,
  mediaTypeRole,
} from '../document/media-type.ts'
import { requireOciDigest, sha256Digest } from '../document/oci-digest.ts'
import { readDocument } from '../document/read-document.ts'
import { inLayer, OciError } from '../errors.ts'
import type { ExpectedLayer } from '../layer/layer-digests.ts'
import type { ImageSource } from './image-source.ts'

/** A document with the digest that its bytes were checked against. */
export interface VerifiedDocument {
  readonly bytes: Uint8Array
  readonly digest: string
}

/** One layer to have in the repository. */
export interface PlannedLayer {
  /** From 1, the lowest. */
  readonly number: number
  /** What names its stream: the diff id, of an artifact the digest of the blob. */
  readonly id: string
  readonly descriptor: Descriptor
}

/** What is to be pulled, read and checked before anything is stored. */
export interface PullPlan {
  /** In OCI form. */
  readonly manifest: VerifiedDocument & { readonly parsed: Manifest }
  /** What `manifest` was converted from. */
  readonly docker: VerifiedDocument | undefined
  readonly config: VerifiedDocument
  readonly isArtifact: boolean
  /** Base first, with every repetition. */
  readonly layers: readonly PlannedLayer[]
}

/** An artifact that describes the difference between two images, which cfsctl applies when it stands alone. */
const DELTA_ARTIFACT = 'application/vnd.io.github.containers.oci-delta.v1'

/**
 * Reads manifest and config of a source and checks them against their digests and against each other.
 *
 * @throws OciError ERR_OCI_LAYER_COUNT_MISMATCH, ERR_OCI_SIZE_MISMATCH, ERR_OCI_UNSUPPORTED_MEDIA_TYPE,
 * ERR_OCI_UNSUPPORTED_DIGEST, and what reading and parsing throws
 */
export async function planPull(source: ImageSource, signal?: AbortSignal): Promise<PullPlan> {
  const found = await source.manifest({ signal })
  const original = parseManifest(found.bytes, found.mediaType)
  if (original.artifactType === DELTA_ARTIFACT) {
    throw new OciError(
      'ERR_OCI_UNSUPPORTED_MEDIA_TYPE',
      `${source.description}: a delta between images, which is not in this release`,
      { digest: found.digest, mediaType: DELTA_ARTIFACT },
    )
  }
  const isDocker = isDockerManifest(original.mediaType ?? found.mediaType)
  const bytes = isDocker ? convertDockerManifest(original) : found.bytes
  const digest = isDocker ? sha256Digest(bytes) : found.digest
  const parsed = isDocker ? parseManifest(bytes) : original
  const isArtifact = !isContainerImage(parsed)
  const config = {
    bytes: await readDocument(parsed.config, 'config', blob => source.blob(blob, { signal })),
    digest: parsed.config.digest,
  }
  assertOneSizeEach(parsed.layers)
  return {
    manifest: { bytes, digest, parsed },
    docker: isDocker ? { bytes: found.bytes, digest: found.digest } : undefined,
    config,
    isArtifact,
    layers: isArtifact ? planBlobs(parsed) : planLayers(parsed, parseConfig(config.bytes)),
  }
}

function planBlobs(manifest: Manifest): PlannedLayer[] {
  return manifest.layers.map((descriptor, i) => {
    const number = i + 1
    requireLayerDigest(descriptor, number)
    return { number, id: descriptor.digest, descriptor }
  })
}

function planLayers(manifest: Manifest, config: Config): PlannedLayer[] {
  const { layers } = manifest
  const { diffIds } = config
  const planned = layers.map((descriptor, i) => {
    const number = i + 1
    requireLayerDigest(descriptor, number)
    const { mediaType, digest } = descriptor
    if (mediaTypeRole(mediaType) !== 'layer') {
      throw new OciError(
        'ERR_OCI_UNSUPPORTED_MEDIA_TYPE',
        `layer ${number} is ${describeForeignLayerType(mediaType)}: ${mediaType}`,
        { layer: number, digest, mediaType },
      )
    }
    return { number, id: diffIds[i] ?? '', descriptor }
  })
  if (diffIds.length !== layers.length) {
    throw new OciError(
      'ERR_OCI_LAYER_COUNT_MISMATCH',
      `the manifest has ${layers.length} layers, the config ${diffIds.length} diff ids`,
      { expected: diffIds.length, actual: layers.length },
    )
  }
  return planned
}

/** A blob is fetched once, and then is as long as each of its descriptors says. */
function assertOneSizeEach(layers: readonly Descriptor[]): void {
  const sizes = new Map<string, number>()
  for (const [i, { digest, size }] of layers.entries()) {
    const expected = sizes.get(digest) ?? size
    sizes.set(digest, expected)
    if (size === expected) continue
    throw new OciError(
      'ERR_OCI_SIZE_MISMATCH',
      `layer ${i + 1}: the manifest gives blob ${digest} ${size} bytes, and ${expected} in another layer`,
      { layer: i + 1, digest, expected, actual: size },
    )
  }
}

function requireLayerDigest({ digest }: Descriptor, number: number): void {
  requireOciDigest(digest, `layer ${number}`, ['sha256', 'sha512'])
}

/** What the bytes that a source gives for a layer must turn out to be. */
export function expectedLayer(
  { id, descriptor }: PlannedLayer,
  source: Pick<ImageSource, 'hasUnpackedLayers'>,
): ExpectedLayer {
  if (source.hasUnpackedLayers) return { diffId: id }
  return { diffId: id, blobDigest: descriptor.digest, blobSize: descriptor.size }
}

/** The error with the layer it is about, once. */
export function inPlannedLayer(error: OciError, layer: PlannedLayer): OciError {
  if (error.facts.layer !== undefined) return error
  return inLayer(error, { layer: layer.number, diffId: layer.id })
}
