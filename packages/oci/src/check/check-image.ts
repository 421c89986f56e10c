import type { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import { CONTENT_TYPES, type SplitstreamReader } from '@composefs/splitstream'
import { type Config, parseConfig } from '../document/config.ts'
import { isContainerImage, type Manifest, parseManifest } from '../document/manifest.ts'
import { sha256Digest } from '../document/oci-digest.ts'
import { readDocumentStream } from '../store/document-stream.ts'
import { blobReferences, configReferenceName, dockerReference } from '../store/manifest-stream.ts'
import { configStreamId, manifestStreamId } from '../store/stream-names.ts'
import type { CheckImageContext } from './check-image-context.ts'
import { checkArtifactLayer, checkBlob, checkLayer } from './check-layer.ts'
import { checkLinkedImages, checkSealLabel } from './check-linked-images.ts'
import { linkedStream } from './linked-stream.ts'
import { reasonOfUnreadable } from './unreadable.ts'

/** Checks the manifest of that digest and everything that it needs. */
export async function checkImage(context: CheckImageContext, digest: string): Promise<void> {
  const stored = await readManifest(context, digest)
  if (stored === undefined) return
  const { manifest, reader } = stored
  const { namedReferences } = reader
  const stream = namedReferences.get(configReferenceName(manifest.config.digest))
  if (stream === undefined) {
    context.add({ kind: 'config-ref-missing', detail: manifest.config.digest })
  } else {
    await checkConfig(context, { manifest, stream })
  }
  if (!isContainerImage(manifest)) {
    for (const layer of manifest.layers) {
      context.signal?.throwIfAborted()
      await checkArtifactLayer(context, layer.digest, namedReferences.get(layer.digest))
    }
  }
  for (const [blob, kept] of blobReferences(namedReferences)) await checkBlob(context, blob, kept)
  const docker = dockerReference(namedReferences)
  if (docker !== undefined) await checkBlob(context, docker.digest, docker.stream)
}

async function readManifest(
  context: CheckImageContext,
  digest: string,
): Promise<{ readonly manifest: Manifest; readonly reader: SplitstreamReader } | undefined> {
  const { repository, seen } = context
  const id = manifestStreamId(digest)
  seen.add(id)
  const read = await readStored(repository, id, CONTENT_TYPES.manifest)
  if ('reason' in read) {
    context.add({ kind: 'manifest-read-failed', detail: read.reason })
    return undefined
  }
  const actual = sha256Digest(read.json)
  if (actual !== digest) {
    const detail = `expected ${digest}, got ${actual}`
    context.add({ kind: 'manifest-digest-mismatch', detail })
  }
  try {
    return { manifest: parseManifest(read.json), reader: read.reader }
  } catch (error) {
    context.add({ kind: 'manifest-parse-failed', detail: reasonOfUnreadable(error) })
    return undefined
  }
}

async function checkConfig(
  context: CheckImageContext,
  { manifest, stream }: { readonly manifest: Manifest; readonly stream: Digest },
): Promise<void> {
  const { repository, seen } = context
  const { digest } = manifest.config
  const read = await readStored(repository, stream, CONTENT_TYPES.config)
  if ('reason' in read) {
    context.add({ kind: 'config-read-failed', detail: `${digest}: ${read.reason}`, object: stream })
    return
  }
  // Under its name may be another stream of the same config, of another pull: that one is checked by itself.
  const linked = linkedStream(repository, configStreamId(digest))
  if (linked?.equals(stream)) seen.add(configStreamId(digest))
  if (linked === undefined) context.add({ kind: 'config-stream-missing', detail: digest })
  const actual = sha256Digest(read.json)
  if (actual !== digest) {
    context.add({ kind: 'config-digest-mismatch', detail: `expected ${digest}, got ${actual}` })
  }
  const { namedReferences } = read.reader
  checkLinkedImages(context, namedReferences)
  if (!isContainerImage(manifest)) return
  let config: Config
  try {
    config = parseConfig(read.json)
  } catch (error) {
    context.add({ kind: 'config-parse-failed', detail: reasonOfUnreadable(error) })
    return
  }
  let isComplete = true
  for (const diffId of new Set(config.diffIds)) {
    context.signal?.throwIfAborted()
    const isGood = await checkLayer(context, diffId, namedReferences.get(diffId))
    isComplete &&= isGood
  }
  await checkSealLabel(context, {
    config,
    digest,
    json: read.json,
    namedReferences,
    isComplete,
    stream,
  })
}

type ReadDocument =
  | { readonly json: Uint8Array; readonly reader: SplitstreamReader }
  | { readonly reason: string }

async function readStored(
  repository: Repository,
  name: string | Digest,
  contentType: string,
): Promise<ReadDocument> {
  try {
    const reader = await repository.streams.open(name, { contentType, verify: true })
    const what = typeof name === 'string' ? name : name.hex
    return { reader, json: await readDocumentStream(repository, reader, what) }
  } catch (error) {
    return { reason: reasonOfUnreadable(error) }
  }
}
