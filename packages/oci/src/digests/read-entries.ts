import { type Algorithm, type Hashing, SHA512 } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import type { DecoderEngine } from '@composefs/repository'
import type { Descriptor } from '../document/descriptor.ts'
import { OciError } from '../errors.ts'
import { type Progress, ProgressReport } from '../progress.ts'
import type { ImageSource } from '../source/image-source.ts'
import { inImage } from '../source/in-image.ts'
import type { TarEntry } from '../tar/entry.ts'
import { EventLoopTurns } from '../transfer/event-loop-turns.ts'
import { DigestSink } from './digest-sink.ts'
import { planImages } from './plan-images.ts'
import { readLayer } from './read-layer.ts'

/** One layer of an image that is read. */
export interface LayerOfSource {
  /** From 0, the lowest. */
  readonly index: number
  readonly diffId: string
  /** The blob, packed as it is. */
  readonly descriptor: Descriptor
}

/** Who gets what is read, and how it is read. */
export interface ReadEntriesOptions {
  /** Of the digests of contents. Default: SHA-512, as repositories have. */
  readonly algorithm?: Algorithm
  /** Who hashes. Default: the hashes of node:crypto. */
  readonly hashing?: Hashing
  /** Who decompresses. Default: node:zlib. */
  readonly decoders?: DecoderEngine
  /** Told before the entries of a layer. */
  onLayer?(layer: LayerOfSource): void
  /** Gets every entry, in the order of the tar: before it is known that its layer is good. */
  onEntry(entry: TarEntry): void
  readonly onProgress?: ((progress: Progress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** An image whose layers have been read. */
export interface ReadImage {
  readonly manifestDigest: string
  readonly configDigest: string
  /** The config as it came, checked against its digest. */
  readonly config: Uint8Array
  /** Base first. */
  readonly layers: readonly LayerOfSource[]
}

/**
 * Reads what is in the layers of an image, one after the other from the lowest, without a repository and without a
 * file: for listings. Each layer is checked as a pull checks it; contents are hashed and forgotten.
 *
 * What came before an error is worth nothing.
 *
 * @throws OciError what pulling the image would throw, ERR_OCI_NOT_AN_IMAGE for artifacts; what `onEntry` throws; the
 *   reason of `signal`; errors of the source
 *
 * @example
 * await using source = await openSource('docker://registry.example.com/app:1.0')
 * await readEntries(source, { onEntry: entry => process.stdout.write(formatLayerEntry(entry)) })
 */
export async function readEntries(
  source: ImageSource,
  options: ReadEntriesOptions,
): Promise<ReadImage> {
  try {
    return await readAll(source, options)
  } catch (error) {
    throw error instanceof OciError ? inImage(error, source.description) : error
  }
}

async function readAll(source: ImageSource, options: ReadEntriesOptions): Promise<ReadImage> {
  const { algorithm = SHA512, hashing = nodeHashing, decoders, signal } = options
  const [plan] = await planImages(source, { signal })
  if (plan === undefined) throw new TypeError('no image was planned')
  const reading = {
    source,
    hashing,
    decoders,
    signal: signal ?? new AbortController().signal,
    turns: new EventLoopTurns(),
  }
  const sink = new DigestSink({
    algorithms: [algorithm],
    hashing,
    mergers: [{ apply: entry => options.onEntry(entry) }],
    policy: undefined,
  })
  const layers: LayerOfSource[] = []
  const progress = new ProgressReport(options.onProgress)
  const total = plan.layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0)
  progress.start(total, plan.layers.length)
  for (const [index, planned] of plan.layers.entries()) {
    const { id: diffId, descriptor } = planned
    const layer = { index, diffId, descriptor }
    layers.push(layer)
    const transfer = progress.transfer(diffId, descriptor.size)
    options.onLayer?.(layer)
    await readLayer(planned, reading, { sink, onProgress: transfer.fetched })
    transfer.done()
  }
  progress.finish()
  return {
    manifestDigest: plan.manifest.digest,
    configDigest: plan.config.digest,
    config: plan.config.bytes,
    layers,
  }
}
