import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { type Config, parseConfig } from '../document/config.ts'
import { OciError } from '../errors.ts'
import { openConfig, type StoredConfig } from './config-stream.ts'
import { configReferenceName, openManifest, type StoredManifest } from './manifest-stream.ts'
import { type ResolvedReference, resolveReference } from './resolve-reference.ts'
import { manifestDigestOfStream } from './stream-names.ts'

/** The stream of one layer. */
export interface StoredLayer {
  /** The diff id, or of an artifact the digest of the blob. */
  readonly diffId: string
  readonly stream: Digest
}

/** The config of a container image with its layers in order. */
export interface StoredImageConfig extends StoredConfig {
  readonly config: Config
  /** Base first; the same layer may come twice. */
  readonly orderedLayers: readonly StoredLayer[]
}

/** A stored image or artifact. */
export interface StoredImage {
  readonly manifest: StoredManifest
  /** The tag it was named by. */
  readonly tag?: string
  /** The config as it is stored, of whatever kind. */
  readonly config: StoredConfig
  /** Of container images: what the config says. */
  readonly image?: StoredImageConfig
}

/**
 * Opens what a reference of the command line stands for. A config's digest stands for the manifest that names it.
 *
 * @throws OciError what resolveReference, openManifest and openConfig throw, ERR_OCI_MISSING_REFERENCE,
 *   ERR_OCI_AMBIGUOUS_REFERENCE for the config of several manifests
 *
 * @example
 * const { image } = await openImage(repository, 'app:1.0')
 */
export async function openImage(
  repository: Repository,
  reference: string | ResolvedReference,
): Promise<StoredImage> {
  const resolved =
    typeof reference === 'string' ? await resolveReference(repository, reference) : reference
  const tag = resolved.kind === 'manifest' ? resolved.tag : undefined
  const digest =
    resolved.kind === 'manifest'
      ? resolved.digest
      : await manifestOfConfig(repository, resolved.digest)
  const manifest = await openManifest(repository, digest, { trusted: tag !== undefined })
  const { config: place } = manifest
  const config = await openConfig(repository, place.digest, place.stream)
  return {
    manifest,
    config,
    ...(tag === undefined ? {} : { tag }),
    ...(manifest.isContainer ? { image: readImageConfig(config) } : {}),
  }
}

/**
 * Opens the config that a reference stands for: of a manifest, or by its own digest. Nothing but the config is needed,
 * so it works for configs without manifest too.
 *
 * @param verity the object id of the config's stream, if the caller knows it; it is only looked at where the reference
 *   is the config's digest
 * @throws OciError as {@link openImage}, ERR_OCI_NOT_AN_IMAGE for artifacts
 */
export async function openImageConfig(
  repository: Repository,
  reference: string | ResolvedReference,
  verity?: Digest,
): Promise<StoredImageConfig> {
  const resolved =
    typeof reference === 'string' ? await resolveReference(repository, reference) : reference
  if (resolved.kind === 'config') {
    return readImageConfig(await openConfig(repository, resolved.digest, verity))
  }
  return requireContainer(await openImage(repository, resolved))
}

/**
 * The image, if it is a container image.
 *
 * @throws OciError ERR_OCI_NOT_AN_IMAGE
 */
export function requireContainer({ manifest, image }: StoredImage): StoredImageConfig {
  if (image !== undefined) return image
  const { mediaType } = manifest.manifest.config
  throw new OciError(
    'ERR_OCI_NOT_AN_IMAGE',
    `${manifest.digest} is an artifact, not a container image: its config is of type ${mediaType}`,
    { digest: manifest.digest, mediaType },
  )
}

/**
 * Reads the JSON of a config and puts its layers in order.
 *
 * @throws OciError ERR_OCI_MISSING_REFERENCE and the codes of parseConfig
 */
export function readImageConfig(stored: StoredConfig): StoredImageConfig {
  const config = parseConfig(stored.json)
  const orderedLayers = config.diffIds.map((diffId, index) => {
    const stream = stored.layers.get(diffId)
    if (stream !== undefined) return { diffId, stream }
    throw new OciError(
      'ERR_OCI_MISSING_REFERENCE',
      `the stream of config ${stored.digest} has no reference to layer ${index + 1}, ${diffId}`,
      { digest: stored.digest, layer: index + 1, diffId },
    )
  })
  return { ...stored, config, orderedLayers }
}

/** The one manifest whose stream refers to that config. */
async function manifestOfConfig(repository: Repository, config: string): Promise<string> {
  const found: string[] = []
  for (const { id, digest } of repository.streams.list()) {
    const manifest = manifestDigestOfStream(id)
    if (manifest === undefined) continue
    const { namedReferences } = await repository.streams.open(digest)
    if (namedReferences.has(configReferenceName(config))) found.push(manifest)
  }
  const [manifest] = found
  if (manifest === undefined) {
    throw new OciError('ERR_OCI_NO_SUCH_IMAGE', `no manifest names the config ${config}`, {
      digest: config,
    })
  }
  if (found.length === 1) return manifest
  throw new OciError(
    'ERR_OCI_AMBIGUOUS_REFERENCE',
    `${found.length} manifests name the config ${config}`,
    { digest: config, choices: found },
  )
}
