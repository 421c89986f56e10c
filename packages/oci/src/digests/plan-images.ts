import type { Descriptor } from '../document/descriptor.ts'
import { JSON_SIZE_MAX } from '../document/json.ts'
import { formatPlatform } from '../document/platform.ts'
import { readDocument } from '../document/read-document.ts'
import { OciError } from '../errors.ts'
import type { ImageSource } from '../source/image-source.ts'
import { type PullPlan, planPull } from '../source/plan.ts'
import type { DigestsOptions } from './digests-options.ts'

/**
 * Most bytes of manifests and configs that are held for the images of one index: a hundred times what the largest
 * indexes have.
 */
const DOCUMENTS_MAX = 4 * JSON_SIZE_MAX

/**
 * Reads manifest and config of the image of a source, or of all of them, before anything is computed.
 *
 * @throws OciError what planPull throws, ERR_OCI_NOT_AN_IMAGE where there is no container image, ERR_OCI_BAD_JSON for
 *   an index whose documents are too large together
 */
export async function planImages(
  source: ImageSource,
  options: DigestsOptions,
): Promise<readonly PullPlan[]> {
  if (options.allPlatforms) return await planAll(source, options)
  const plan = await planPull(source, options.signal)
  if (plan.isArtifact) throw notAnImage(source, plan)
  return [plan]
}

async function planAll(source: ImageSource, options: DigestsOptions): Promise<PullPlan[]> {
  const { signal, onNotice } = options
  // A source that can give one image alone gives that one.
  const descriptors = await source.manifests?.({ signal })
  if (descriptors === undefined)
    return [...(await planImages(source, { ...options, allPlatforms: false }))]
  const plans: PullPlan[] = []
  let size = 0
  for (const descriptor of descriptors) {
    const leaveOut = (what: string) =>
      onNotice?.({ level: 'notice', message: `${descriptor.digest} is left out: ${what}` })
    if (isAttestation(descriptor)) {
      leaveOut('it is for no platform, as attestations are')
      continue
    }
    const plan = await planManifest(source, descriptor, signal)
    size += plan.manifest.bytes.length + plan.config.bytes.length
    if (size > DOCUMENTS_MAX) throw tooLarge(source)
    if (plan.isArtifact) leaveOut('it is an artifact, not a container image')
    else plans.push(plan)
  }
  if (plans.length > 0) return plans
  throw new OciError(
    'ERR_OCI_NOT_AN_IMAGE',
    `${source.description}: no container image among ${descriptors.length} manifests`,
  )
}

/** What BuildKit adds to an index: manifests of image configs whose layers are no tars, for a platform of this name. */
function isAttestation({ platform }: Descriptor): boolean {
  return platform !== undefined && formatPlatform(platform) === 'unknown/unknown'
}

/** Plans one manifest of a source as if the source had no other. */
async function planManifest(
  source: ImageSource,
  descriptor: Descriptor,
  signal: AbortSignal | undefined,
): Promise<PullPlan> {
  const { digest, mediaType } = descriptor
  const blob: ImageSource['blob'] = (wanted, options) => source.blob(wanted, options)
  const bytes = await readDocument(descriptor, 'manifest', wanted =>
    source.blob(wanted, { signal }),
  )
  const { description, isLocal } = source
  return await planPull(
    {
      description,
      isLocal,
      manifest: () => Promise.resolve({ bytes, digest, mediaType }),
      blob,
      close: () => source.close(),
      [Symbol.asyncDispose]: () => source.close(),
    },
    signal,
  )
}

function notAnImage(source: ImageSource, { manifest }: PullPlan): OciError {
  const { mediaType } = manifest.parsed.config
  return new OciError(
    'ERR_OCI_NOT_AN_IMAGE',
    `${source.description} is an artifact, which has no tree and no id: its config is of type ${mediaType}`,
    { digest: manifest.digest, mediaType },
  )
}

function tooLarge(source: ImageSource): OciError {
  return new OciError(
    'ERR_OCI_BAD_JSON',
    `${source.description}: more than ${DOCUMENTS_MAX} bytes of manifests and configs`,
    { expected: DOCUMENTS_MAX },
  )
}
