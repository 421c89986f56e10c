import { DataSharing, type Repository } from '@composefs/repository'
import { RepositorySupply } from '../copy/repository-supply.ts'
import { storedSource } from '../copy/stored-source.ts'
import { readDocument } from '../document/read-document.ts'
import { isOciError, OciError } from '../errors.ts'
import type { LayerSupply } from '../pull/fetch-layer.ts'
import type { ImageSource } from '../source/image-source.ts'
import { type PullPlan, planPull } from '../source/plan.ts'
import { openImage, type StoredImage } from '../store/open-image.ts'
import { unlessUnreadable } from '../store/unless-unreadable.ts'
import { type KnownDocuments, knownDocumentsSource } from './known-documents-source.ts'
import type { StoredDocuments } from './stored-documents.ts'

/** What an image needs, and where it comes from. */
export interface RepairPlan {
  readonly plan: PullPlan
  readonly source: ImageSource
  /** Where the layers come from, unless from the blobs of the source. */
  readonly supply?: LayerSupply
}

export interface PlanRepairOptions {
  readonly repository: Repository
  /** What is there of the image that is wanted. */
  readonly stored: StoredDocuments
  readonly signal: AbortSignal | undefined
}

/**
 * Plans by what the repository has itself; undefined where a document is missing. Layers that are missing have no
 * source then.
 */
export async function planFromOwn({
  repository,
  stored,
  signal,
}: PlanRepairOptions): Promise<RepairPlan | undefined> {
  const known = knownDocuments(stored)
  if (known?.config === undefined) return undefined
  const source = knownDocumentsSource(repository, known, undefined)
  return { source, plan: await planPull(source, signal) }
}

/**
 * Plans by what is there, and by a source for the rest. Of a source the image counts that has the digest that is
 * wanted, under whatever name; and where the documents are there, it is enough that the source has the layers.
 *
 * @throws OciError ERR_OCI_NO_SUCH_IMAGE where the source has another image and the documents are missing here; what
 *   reading the source throws
 */
export async function planFromSource(
  { repository, stored, signal }: PlanRepairOptions,
  from: ImageSource,
): Promise<RepairPlan> {
  const { digest, lacksDocker } = stored
  const known = knownDocuments(stored)
  const isAsked = known === undefined || lacksDocker
  const own = isAsked ? await unlessOther(planPull(from, signal)) : undefined
  if (own?.manifest.digest === digest) return { source: from, plan: own }
  if (known !== undefined) {
    const source = knownDocumentsSource(repository, known, from)
    return { source, plan: await planPull(source, signal) }
  }
  for (const descriptor of (await from.manifests?.({ signal })) ?? []) {
    if (descriptor.digest !== digest) continue
    const bytes = await readDocument(descriptor, 'manifest', blob => from.blob(blob, { signal }))
    const { mediaType } = descriptor
    const manifest = { digest, bytes, mediaType }
    const source = knownDocumentsSource(repository, { manifest, config: undefined }, from)
    return { source, plan: await planPull(source, signal) }
  }
  throw otherImage(from.description, digest)
}

/**
 * Plans by what is there, and by another repository for the rest: layers are found by their digests, of whatever
 * image they are there.
 *
 * @throws OciError ERR_OCI_NO_SUCH_IMAGE where documents are missing in both
 */
export async function planFromRepository(
  { repository, stored, signal }: PlanRepairOptions,
  from: Repository,
): Promise<RepairPlan> {
  const reference = { kind: 'manifest', digest: stored.digest } as const
  const image = await unlessUnreadable(openImage(from, reference))
  const known = knownDocuments(stored)
  const rest = image && storedSource(from, image, from.path)
  const source =
    known === undefined ? rest : knownDocumentsSource(repository, known, rest ?? undefined)
  if (source === undefined) throw otherImage(from.path, stored.digest)
  return {
    source: { ...source, description: from.path },
    plan: await planPull(source, signal),
    supply: new RepositorySupply({ from, ...partsOf(image), sharing: new DataSharing() }),
  }
}

function partsOf(
  image: StoredImage | undefined,
): Pick<ConstructorParameters<typeof RepositorySupply>[0], 'layers' | 'blobs'> {
  if (image === undefined) return { layers: new Map(), blobs: new Map() }
  const { manifest, config } = image
  return { layers: manifest.isContainer ? config.layers : manifest.layers, blobs: manifest.blobs }
}

function knownDocuments({ digest, manifest, config }: StoredDocuments): KnownDocuments | undefined {
  if (manifest === undefined) return undefined
  return {
    manifest: { digest, bytes: manifest.json, mediaType: manifest.manifest.mediaType },
    config: config && { digest: config.digest, bytes: config.json },
  }
}

/** The plan of what a reference stands for by itself; undefined where that is nothing for this machine. */
async function unlessOther(planning: Promise<PullPlan>): Promise<PullPlan | undefined> {
  try {
    return await planning
  } catch (error) {
    const isOther =
      isOciError(error, 'ERR_OCI_NO_MATCHING_PLATFORM') ||
      isOciError(error, 'ERR_OCI_AMBIGUOUS_TAG')
    if (isOther) return undefined
    throw error
  }
}

function otherImage(description: string, digest: string): OciError {
  const message = `${description} does not have the manifest ${digest}`
  return new OciError('ERR_OCI_NO_SUCH_IMAGE', message, { reference: description, digest })
}
