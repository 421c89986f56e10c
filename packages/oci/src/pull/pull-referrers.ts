import type { Descriptor } from '../document/descriptor.ts'
import { isContainerImage, parseManifest } from '../document/manifest.ts'
import { mediaTypeRole } from '../document/media-type.ts'
import { readDocument } from '../document/read-document.ts'
import { ProgressReport, TOTAL_ID } from '../progress.ts'
import type { ImageSource } from '../source/image-source.ts'
import { planPull } from '../source/plan.ts'
import { manifestStreamId } from '../store/stream-names.ts'
import type { PulledReferrer } from './pull-options.ts'
import { type StoreContext, storeImage } from './store-image.ts'

/** Deepest chain that is followed: the signature of an attestation of an image is the second link. */
const DEPTH_MAX = 3
/** Most referrers of one image, those of its referrers included: registries let anybody add some who may push. */
const COUNT_MAX = 256

/**
 * Pulls what refers to a stored image, and what refers to that. Each is an artifact without a tag, noted at its
 * subject, which keeps it.
 *
 * What cannot be an artifact (an index, a container image), and what names another subject than it was listed for, is
 * left out with a warning.
 *
 * @throws as a pull does; the image itself stays
 */
export async function pullReferrers(context: StoreContext): Promise<readonly PulledReferrer[]> {
  const { source, options, progress } = context
  if (source.referrers === undefined) {
    const message = `${source.description}: this kind of source cannot tell what refers to an image`
    options.onNotice?.({ level: 'notice', message })
    return []
  }
  progress.message('looking for what refers to the image')
  try {
    return await pullAll(context, (digest, more) => source.referrers?.(digest, more))
  } catch (error) {
    options.onNotice?.({
      level: 'notice',
      message: 'the image is stored, not all that refers to it',
    })
    throw error
  }
}

type ListReferrers = (
  digest: string,
  options: { readonly signal: AbortSignal | undefined },
) => Promise<readonly Descriptor[]> | undefined

async function pullAll(context: StoreContext, list: ListReferrers): Promise<PulledReferrer[]> {
  const { plan, options } = context
  const pulled: PulledReferrer[] = []
  // What was converted is known elsewhere by the digest of the original.
  const image = plan.docker?.digest ?? plan.manifest.digest
  const seen = new Set([image])
  let subjects = [image]
  for (let depth = 1; depth <= DEPTH_MAX && subjects.length > 0; depth++) {
    const next: string[] = []
    for (const subject of subjects) {
      for (const descriptor of (await list(subject, { signal: options.signal })) ?? []) {
        if (seen.has(descriptor.digest)) continue
        seen.add(descriptor.digest)
        if (pulled.length >= COUNT_MAX) {
          warn(context, `more than ${COUNT_MAX} manifests refer to the image; no more are pulled`)
          return pulled
        }
        const referrer = await pullReferrer(context, subject, descriptor)
        if (referrer === undefined) continue
        pulled.push(referrer)
        next.push(descriptor.digest)
      }
    }
    subjects = next
  }
  return pulled
}

async function pullReferrer(
  context: StoreContext,
  subject: string,
  descriptor: Descriptor,
): Promise<PulledReferrer | undefined> {
  const { repository, source, options } = context
  const { digest, mediaType } = descriptor
  const signal = { signal: options.signal }
  if (mediaTypeRole(mediaType) !== 'manifest') {
    warn(context, `${digest}, which refers to ${subject}, is left out: its type is ${mediaType}`)
    return undefined
  }
  const bytes = await readDocument(descriptor, 'manifest', d => source.blob(d, signal))
  const parsed = parseManifest(bytes, mediaType)
  const reason = reasonToLeaveOut(parsed, subject)
  if (reason !== undefined) {
    warn(context, `${digest}, which is said to refer to ${subject}, is left out: ${reason}`)
    return undefined
  }
  const isNew = repository.streams.lookup(manifestStreamId(digest)) === undefined
  const manifest = { bytes, digest, mediaType }
  const artifact = { ...asSource(source), manifest: () => Promise.resolve(manifest) }
  const plan = await planPull(artifact, options.signal)
  await storeImage({
    ...context,
    source: artifact,
    plan,
    tag: null,
    progress: withoutTotal(options.onProgress),
  })
  return {
    manifestDigest: digest,
    subject,
    artifactType: parsed.artifactType ?? parsed.config.mediaType,
    status: isNew ? 'fetched' : 'present',
  }
}

function reasonToLeaveOut(
  manifest: ReturnType<typeof parseManifest>,
  subject: string,
): string | undefined {
  const actual = manifest.subject?.digest
  if (actual !== subject) return `its subject is ${actual ?? 'nothing'}`
  return isContainerImage(manifest) ? 'it is a container image' : undefined
}

/** What all manifests of a source have in common. */
function asSource(source: ImageSource): Omit<ImageSource, 'manifest'> {
  return {
    description: source.description,
    isLocal: source.isLocal,
    blob: (descriptor, options) => source.blob(descriptor, options),
    close: () => source.close(),
    [Symbol.asyncDispose]: () => source.close(),
  }
}

/** Reports single transfers alone: the total was that of the image, and is done. */
function withoutTotal(onProgress: StoreContext['options']['onProgress']): ProgressReport {
  return new ProgressReport(event => {
    if (!('id' in event) || event.id !== TOTAL_ID) onProgress?.(event)
  })
}

function warn({ options }: StoreContext, message: string): void {
  options.onNotice?.({ level: 'warning', message })
}
