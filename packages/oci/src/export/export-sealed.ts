import type { Digest } from '@composefs/fsverity'
import { parseManifest } from '../document/manifest.ts'
import { OCI_MANIFEST } from '../document/media-type.ts'
import { sha256Digest } from '../document/oci-digest.ts'
import { OciError } from '../errors.ts'
import type { Notice } from '../notice.ts'
import { type Progress, ProgressReport } from '../progress.ts'
import { setManifestConfig, setSealLabel } from '../seal/label.ts'
import type { ImageSource } from '../source/image-source.ts'
import { inPlannedLayer, type PlannedLayer, type PullPlan, planPull } from '../source/plan.ts'
import type { ImageTarget } from '../target/image-target.ts'
import { runBounded } from '../transfer/run-bounded.ts'
import { verifiedBytes } from '../transfer/verified-bytes.ts'
import { layersAtOnce } from './layers-at-once.ts'
import { type ImageDocuments, sendDocuments } from './send-documents.ts'

/** What to seal an image with, and how to send it. */
export interface ExportSealedOptions {
  /** The id that the label names, as computeDigests gives it for the plain image. */
  readonly image: Digest
  /** The manifest whose id that is, so that a tag which has moved since is not sealed with the id of another image. */
  readonly manifestDigest: string
  /** Most layers at once. Default: as many as there are processors, at most 4. */
  readonly jobs?: number | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Gets what a person should know although it is no error. */
  readonly onNotice?: ((notice: Notice) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** A sealed image in a target. */
export interface ExportSealedResult {
  readonly target: string
  /** Of the sealed image. */
  readonly manifestDigest: string
  readonly configDigest: string
  /** Of the image before. */
  readonly sourceManifestDigest: string
  readonly sourceConfigDigest: string
  /** False for an image that had the right label. */
  readonly changed: boolean
  /** Bytes of the blobs that were not there. */
  readonly bytesUploaded: number
}

/**
 * Seals an image on its way from a source to a target, without a repository: the config gets the label with the id, and
 * what follows from it in the manifest. Layers go as they are, those that the target has not at all. The sealed image
 * is the one that `seal` makes of the same image in a repository of that algorithm and format.
 *
 * The label is what the caller says: compute the id from the same source, and compare it with what it should be, before
 * anything is sent. The target is committed; it is the caller's to close.
 *
 * @throws OciError what planning a pull throws, ERR_OCI_NOT_AN_IMAGE for artifacts, ERR_OCI_REFERENCE_MISMATCH when the
 *   source has another manifest, ERR_OCI_UNSUPPORTED_TARGET and ERR_OCI_UNSUPPORTED_TRANSPORT for targets and sources
 *   that have layers as plain tars only; what source and target throw; the reason of `signal`
 *
 * @example
 * await using source = await openSource('oci:layout:latest')
 * const [image] = await computeDigests(source, { algorithms: [SHA512], versions: [1] })
 * await using target = await openTarget('docker://registry.example.com/app:sealed')
 * await exportSealed(source, target, {
 *   image: image.ids[0].digest,
 *   manifestDigest: image.manifestDigest,
 * })
 */
export async function exportSealed(
  source: ImageSource,
  target: ImageTarget,
  options: ExportSealedOptions,
): Promise<ExportSealedResult> {
  assertPacked(source, target)
  const plan = await planPull(source, options.signal)
  assertPlan(plan, source, options)
  const sealed = sealedDocuments(plan, options.image)
  target.offerNames?.([source.description])
  const layerBytes = await sendLayers(plan, { source, target, options })
  const configBytes = await sendDocuments(target, sealed, options)
  return {
    target: target.description,
    manifestDigest: sealed.manifest.digest,
    configDigest: sealed.config.descriptor.digest,
    sourceManifestDigest: plan.manifest.digest,
    sourceConfigDigest: plan.config.digest,
    changed: sealed.manifest.digest !== plan.manifest.digest,
    bytesUploaded: layerBytes + configBytes,
  }
}

function assertPacked(source: ImageSource, target: ImageTarget): void {
  if (target.hasUnpackedLayers) {
    throw new OciError(
      'ERR_OCI_UNSUPPORTED_TARGET',
      `${target.description}: a sealed image needs a target that keeps its manifest`,
      { reference: target.description, choices: ['docker://', 'oci:', 'oci-archive:'] },
    )
  }
  if (source.hasUnpackedLayers) {
    throw new OciError(
      'ERR_OCI_UNSUPPORTED_TRANSPORT',
      `${source.description}: the layers are not there as the manifest names them`,
      { reference: source.description },
    )
  }
}

function assertPlan(plan: PullPlan, source: ImageSource, options: ExportSealedOptions): void {
  const { digest } = plan.manifest
  if (plan.isArtifact) {
    throw new OciError(
      'ERR_OCI_NOT_AN_IMAGE',
      `${source.description} is an artifact, which cannot be sealed`,
      { digest },
    )
  }
  if (digest === options.manifestDigest) return
  throw new OciError(
    'ERR_OCI_REFERENCE_MISMATCH',
    `${source.description} is another image by now: its manifest is ${digest}, not ${options.manifestDigest}`,
    { reference: source.description, expected: options.manifestDigest, actual: digest },
  )
}

function sealedDocuments({ manifest, config }: PullPlan, image: Digest): ImageDocuments {
  const configBytes = setSealLabel(config.bytes, image.hex)
  const isSame = configBytes === config.bytes
  const digest = sha256Digest(configBytes)
  const bytes = isSame
    ? manifest.bytes
    : setManifestConfig(manifest.bytes, { digest, json: configBytes })
  const parsed = parseManifest(bytes)
  return {
    config: { bytes: configBytes, descriptor: parsed.config },
    manifest: {
      bytes,
      mediaType: parsed.mediaType ?? OCI_MANIFEST,
      digest: isSame ? manifest.digest : sha256Digest(bytes),
    },
  }
}

/** @returns the bytes that the target took */
async function sendLayers(
  plan: PullPlan,
  job: {
    readonly source: ImageSource
    readonly target: ImageTarget
    readonly options: ExportSealedOptions
  },
): Promise<number> {
  const { source, target, options } = job
  const unique = new Map(plan.layers.map(layer => [layer.descriptor.digest, layer]))
  const progress = new ProgressReport(options.onProgress)
  const total = [...unique.values()].reduce((sum, { descriptor }) => sum + descriptor.size, 0)
  progress.start(total, unique.size)
  let uploaded = 0
  const queue = unique.values()
  await runBounded<PlannedLayer>({
    limit: layersAtOnce(target, options.jobs),
    next: () => queue.next().value,
    run: async (layer, signal) => {
      const { descriptor } = layer
      const { digest, size } = descriptor
      try {
        if ((await target.findBlob(descriptor, { signal })) !== undefined) {
          progress.skip(digest, size)
          return
        }
        const transfer = progress.transfer(digest, size)
        const open = () => verifiedBytes(source.blob(descriptor, { signal }), descriptor)
        await target.putBlob(descriptor, open, { onProgress: transfer.fetched, signal })
        transfer.done()
        uploaded += size
      } catch (error) {
        throw error instanceof OciError ? inPlannedLayer(error, layer) : error
      }
    },
    signal: options.signal,
  })
  progress.finish()
  return uploaded
}
