import type { Digest } from '@composefs/fsverity'
import { type PublishedName, publish, type Repository } from '@composefs/repository'
import { commitBootImages } from '../boot/boot-images.ts'
import { bootTransform } from '../boot/boot-transform.ts'
import { repositoryFiles } from '../boot/repository-files.ts'
import { buildTree } from '../build-tree.ts'
import { linkedStream } from '../check/linked-stream.ts'
import { isOciError } from '../errors.ts'
import type { PulledLayers } from '../pull/stored-layers.ts'
import { findConfig } from '../pull/stored-pull.ts'
import type { PullPlan } from '../source/plan.ts'
import { blobName, writeBlob } from '../store/blob-stream.ts'
import { commitImages, imageNames } from '../store/commit-images.ts'
import { configName, writeConfig } from '../store/config-stream.ts'
import type { StoredDocument } from '../store/document-stream.ts'
import type { ImageReferences } from '../store/image-references.ts'
import { manifestName, type StoredManifest, writeManifest } from '../store/manifest-stream.ts'
import type { RepairLog } from './repair-log.ts'
import type { StoredDocuments } from './stored-documents.ts'

/** What is stored of an image whose layers are complete. */
export interface StoreDocumentsOptions {
  readonly repository: Repository
  readonly stored: StoredDocuments
  readonly plan: PullPlan
  readonly pulled: Pick<PulledLayers, 'streams' | 'blobs'>
  readonly log: RepairLog
  readonly signal: AbortSignal | undefined
}

/**
 * Stores config and manifest where they are missing, or refer to other streams than the layers have now, and names
 * them. What is right stays as it is.
 */
export async function storeDocuments(options: StoreDocumentsOptions): Promise<void> {
  const { repository, plan, log } = options
  const config = await storeConfig(options)
  const manifest = await storeManifest(options, config)
  const docker = await storeDocker(options)
  const names: PublishedName[] = []
  if (config.isNew) log.document({ kind: 'config', digest: plan.config.digest })
  if (manifest.isNew) log.document({ kind: 'manifest', digest: plan.manifest.digest })
  if (config.isNew || !leadsSomewhere(repository, configName(config))) {
    names.push(...config.names, configName(config))
  }
  if (docker !== undefined) names.push(blobName(docker))
  if (manifest.isNew || !leadsSomewhere(repository, manifestName(manifest))) {
    names.push(manifestName(manifest))
  }
  publish(repository, names)
}

interface Kept extends StoredDocument {
  readonly isNew: boolean
}

async function storeConfig(
  options: StoreDocumentsOptions,
): Promise<Kept & { readonly names: readonly PublishedName[] }> {
  const { repository, stored, plan, pulled } = options
  const { streams } = pulled
  const known = stored.config ?? (await findConfig(repository, plan))
  if (known !== undefined && refersTo(known.layers, streams)) {
    return { digest: known.digest, stream: known.stream, isNew: false, names: [] }
  }
  const json = plan.config.bytes
  if (known !== undefined) {
    const document = await writeConfig(repository, { json, layers: streams, images: known.images })
    return { ...document, isNew: true, names: [] }
  }
  const images = plan.isArtifact ? new Map<string, Digest>() : await findImages(options)
  const document = await writeConfig(repository, { json, layers: streams, images })
  return { ...document, isNew: true, names: imageNames(images) }
}

/**
 * Makes the images of a config whose stream is lost, and with it what it referred to: the plain ones, and the boot
 * variants if only with them the stream becomes the one that the manifest refers to.
 */
async function findImages(options: StoreDocumentsOptions): Promise<ImageReferences> {
  const { repository, stored, plan, pulled, signal } = options
  const orderedLayers = plan.layers.flatMap(({ id: diffId }) => {
    const stream = pulled.streams.get(diffId)
    return stream === undefined ? [] : [{ diffId, stream }]
  })
  const layers = { orderedLayers, trust: 'verity' as const }
  const tree = await buildTree(repository, layers, { signal })
  const plain = commitImages(repository, tree)
  const wanted = stored.manifest?.config.stream
  const stream = (images: ImageReferences) =>
    writeConfig(repository, { json: plan.config.bytes, layers: pulled.streams, images })
  if (wanted === undefined || (await stream(plain)).stream.equals(wanted)) return plain
  try {
    bootTransform(tree, repositoryFiles(repository, tree))
    const withBoot = commitBootImages(repository, tree, plain)
    return (await stream(withBoot)).stream.equals(wanted) ? withBoot : plain
  } catch (error) {
    // Most images have no boot variant.
    if (isOciError(error)) return plain
    throw error
  }
}

async function storeManifest(
  { repository, stored, plan, pulled }: StoreDocumentsOptions,
  config: StoredDocument,
): Promise<Kept> {
  const { manifest } = stored
  const { streams, blobs } = pulled
  if (manifest !== undefined && isRight(manifest, { config, streams, blobs })) {
    return { digest: manifest.digest, stream: manifest.stream, isNew: false }
  }
  const docker =
    manifest?.docker ??
    (plan.docker === undefined ? undefined : await writeBlob(repository, plan.docker.bytes))
  const document = await writeManifest(repository, {
    json: plan.manifest.bytes,
    config,
    layers: streams,
    blobs,
    docker,
  })
  return { ...document, isNew: true }
}

/** The Docker manifest, where it was missing and the source has it. */
async function storeDocker({
  repository,
  stored,
  plan,
}: StoreDocumentsOptions): Promise<StoredDocument | undefined> {
  if (plan.docker === undefined) return undefined
  const isMissing = stored.manifest === undefined || stored.lacksDocker
  return isMissing ? await writeBlob(repository, plan.docker.bytes) : undefined
}

function isRight(
  manifest: StoredManifest,
  now: {
    readonly config: StoredDocument
    readonly streams: ReadonlyMap<string, Digest>
    readonly blobs: ReadonlyMap<string, Digest>
  },
): boolean {
  return (
    manifest.config.stream.equals(now.config.stream) &&
    refersTo(manifest.layers, now.streams) &&
    refersTo(manifest.blobs, now.blobs) &&
    manifest.blobs.size === now.blobs.size
  )
}

function refersTo(
  references: ReadonlyMap<string, Digest>,
  streams: ReadonlyMap<string, Digest>,
): boolean {
  for (const [id, stream] of streams) if (!references.get(id)?.equals(stream)) return false
  return true
}

/** True when the name leads to a stream that is there, if not to this one: another pull of the same config made it. */
function leadsSomewhere(repository: Repository, name: PublishedName): boolean {
  if (name.kind !== 'stream') return false
  const linked = linkedStream(repository, name.id)
  return linked !== undefined && repository.objects.has(linked)
}
