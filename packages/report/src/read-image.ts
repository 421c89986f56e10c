import { openImage as openErofsImage } from '@composefs/erofs'
import {
  formatPlatform,
  openEntries,
  openImage,
  openImageConfig,
  plainImage,
  type ResolvedReference,
  requireContainer,
  resolveReference,
  type StoredImageConfig,
} from '@composefs/oci'
import type { Repository } from '@composefs/repository'
import type { ImageIdentity, ReportCollector } from './collect-report.ts'
import { LayerStack } from './layer-stack.ts'

/** An OCI image that is to be looked into. */
export interface ReportableImage {
  readonly names: readonly string[]
  readonly manifestDigest: string | undefined
  readonly config: StoredImageConfig
}

/** What reading needs. */
export interface ReadOptions {
  readonly collector: ReportCollector
  onStep?(step: string): void
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens an OCI image, by a reference or as what that stands for.
 *
 * @throws OciError what openImage of oci throws; ERR_OCI_NOT_AN_IMAGE for artifacts
 */
export async function openReportable(
  repository: Repository,
  reference: string | ResolvedReference,
): Promise<ReportableImage> {
  const resolved =
    typeof reference === 'string' ? await resolveReference(repository, reference) : reference
  if (resolved.kind === 'config') {
    const config = await openImageConfig(repository, resolved.digest)
    return { names: [], manifestDigest: undefined, config }
  }
  const stored = await openImage(repository, resolved)
  return {
    names: stored.tag === undefined ? [] : [stored.tag],
    manifestDigest: stored.manifest.digest,
    config: requireContainer(stored),
  }
}

/**
 * Merges the layers of an image and hands it to the collector, which learns of it when all of it could be read.
 *
 * @throws OciError what openEntries and LayerMerger throw
 */
export async function readOciImage(
  repository: Repository,
  image: ReportableImage,
  { collector, onStep, signal }: ReadOptions,
): Promise<void> {
  const stack = new LayerStack(repository.algorithm, collector.objects)
  const { orderedLayers } = image.config
  for (const [index, { diffId, stream }] of orderedLayers.entries()) {
    onStep?.(
      `${image.names[0] ?? image.config.digest}: layer ${index + 1} of ${orderedLayers.length}`,
    )
    stack.beginLayer({ diffId })
    for await (const entry of await openEntries(repository, stream, { layer: index + 1, diffId })) {
      signal?.throwIfAborted()
      stack.apply(entry)
    }
  }
  const merged = stack.finish()
  collector.addStack(identityOf(repository, image), merged, inode => stack.layerOf(inode))
}

/**
 * Reads an EROFS image and hands it to the collector.
 *
 * @throws RepositoryError, ErofsError when it is not there or not readable
 */
export function readErofsImage(
  repository: Repository,
  { names, id }: { readonly names: readonly string[]; readonly id: string },
  { collector, onStep, signal }: ReadOptions,
): void {
  signal?.throwIfAborted()
  onStep?.(names[0] ?? id)
  using image = repository.images.open(id)
  const { algorithm } = repository
  const tree = openErofsImage(image.bytes(), { algorithm }).toTree(algorithm)
  const identity: ImageIdentity = {
    names,
    kind: 'erofs',
    imageId: image.digest.hex,
    manifestDigest: undefined,
    configDigest: undefined,
    created: undefined,
    platform: undefined,
  }
  collector.addTree(identity, tree)
}

function identityOf(
  repository: Repository,
  { names, manifestDigest, config }: ReportableImage,
): ImageIdentity {
  const { platform, created } = config.config
  return {
    names,
    kind: 'oci',
    imageId: plainImage(config.images, repository.erofsVersions.default)?.hex,
    manifestDigest,
    configDigest: config.digest,
    created,
    platform: platform === undefined ? undefined : formatPlatform(platform),
  }
}
