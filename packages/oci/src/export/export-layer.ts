import type { Repository } from '@composefs/repository'
import type { Compression } from '../decompress/detect.ts'
import type { Descriptor } from '../document/descriptor.ts'
import { layerMediaType } from '../document/media-type.ts'
import type { ProgressReport, Transfer } from '../progress.ts'
import { keptBlob } from '../store/kept-blob.ts'
import { unlessUnreadable } from '../store/unless-unreadable.ts'
import type { ImageTarget } from '../target/image-target.ts'
import { verifiedBytes } from '../transfer/verified-bytes.ts'
import type { NewBlob } from './edit-manifest.ts'
import { evenPieces } from './even-pieces.ts'
import type { ExportedLayerStatus } from './export-options.ts'
import { isPlainBlob, type StoredBlob } from './export-plan.ts'
import { PackedFile } from './packed-file.ts'
import { openStoredTar } from './stored-tar.ts'

/** Bytes of a piece of a blob that is copied. */
const PIECE_SIZE = 256 << 10

/** What the export of a layer needs to know. */
export interface LayerContext {
  readonly repository: Repository
  readonly target: ImageTarget
  readonly isArtifact: boolean
  readonly compression: Compression
  readonly temporaryDirectory: string | undefined
  readonly progress: ProgressReport
}

/** What the target has of a layer. */
export interface LayerOutcome {
  readonly status: ExportedLayerStatus
  /** Another blob than the manifest names. */
  readonly replacement?: NewBlob
  /** Bytes that the target took. */
  readonly uploaded: number
}

/**
 * Brings one layer to the target: by the blob that the manifest names wherever it can be had, else by another blob of
 * the same tar.
 */
export async function exportLayer(
  context: LayerContext,
  layer: StoredBlob,
  signal: AbortSignal,
): Promise<LayerOutcome> {
  const { target, progress } = context
  const { descriptor } = layer
  if (target.hasUnpackedLayers) return await sendTar(context, layer, signal)
  const presence = await target.findBlob(descriptor, { signal })
  if (presence !== undefined) {
    progress.skip(descriptor.digest, descriptor.size)
    return { status: presence, uploaded: 0 }
  }
  const supply = await findSupply(context, layer)
  if (supply !== undefined) {
    const transfer = progress.transfer(descriptor.digest, descriptor.size)
    await target.putBlob(descriptor, () => supply.bytes(signal), {
      onProgress: transfer.fetched,
      signal,
    })
    transfer.done()
    return { status: supply.status, uploaded: descriptor.size }
  }
  return context.compression === 'none'
    ? await sendTar(context, layer, signal)
    : await sendPacked({ ...context, packer: context.compression }, layer, signal)
}

interface Supply {
  readonly status: 'recreated' | 'copied'
  bytes(signal: AbortSignal): AsyncIterable<Uint8Array>
}

/** Where the very blob that the manifest names comes from; undefined where the repository does not have it. */
async function findSupply(
  { repository, isArtifact }: LayerContext,
  layer: StoredBlob,
): Promise<Supply | undefined> {
  const { descriptor, stream } = layer
  if (isArtifact) {
    return { status: 'copied', bytes: () => copied(repository.streams.cat(stream), descriptor) }
  }
  if (isPlainBlob(layer)) {
    const tar = await openStoredTar(repository, layer)
    return { status: 'recreated', bytes: signal => tar.bytes(signal) }
  }
  const kept = await unlessUnreadable(keptBlob(repository, descriptor.digest))
  if (kept === undefined || kept.size !== descriptor.size) return undefined
  return { status: 'copied', bytes: () => copied(kept.chunks(), descriptor) }
}

async function* copied(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  descriptor: Descriptor,
): AsyncGenerator<Uint8Array> {
  yield* verifiedBytes(evenPieces(chunks, PIECE_SIZE), descriptor)
}

/** Sends the tar as it is. */
async function sendTar(
  { repository, target, progress }: LayerContext,
  layer: StoredBlob,
  signal: AbortSignal,
): Promise<LayerOutcome> {
  const tar = await openStoredTar(repository, layer)
  const replacement = newBlob(layer, 'plain', { digest: layer.id, size: tar.size })
  const descriptor = describe(replacement)
  if ((await target.findBlob(descriptor, { signal })) !== undefined) {
    progress.skip(descriptor.digest, layer.descriptor.size)
    return { status: 'recreated', replacement, uploaded: 0 }
  }
  const transfer = progress.transfer(descriptor.digest, tar.size)
  await target.putBlob(descriptor, () => tar.bytes(signal), {
    onProgress: transfer.fetched,
    signal,
  })
  transfer.done()
  return { status: 'recreated', replacement, uploaded: tar.size }
}

/** Packs the tar anew, and sends it unless the target has the result. */
async function sendPacked(
  context: LayerContext & { readonly packer: 'gzip' | 'zstd' },
  layer: StoredBlob,
  signal: AbortSignal,
): Promise<LayerOutcome> {
  const { repository, target, packer, progress, temporaryDirectory } = context
  const tar = await openStoredTar(repository, layer)
  const { digest, size: likelySize } = layer.descriptor
  const transfer = progress.transfer(digest, likelySize)
  const halves = new Halves(transfer, likelySize)
  const packed = await PackedFile.pack(tar, {
    packer,
    likelySize,
    temporaryDirectory,
    onProgress: bytes => halves.first(bytes, tar.size),
    signal,
  })
  try {
    const replacement = newBlob(layer, packer, packed)
    const descriptor = describe(replacement)
    const isThere = (await target.findBlob(descriptor, { signal })) !== undefined
    if (!isThere) {
      await target.putBlob(descriptor, () => packed.bytes(signal), {
        onProgress: bytes => halves.second(bytes, packed.size),
        signal,
      })
    }
    transfer.done()
    return { status: 'recompressed', replacement, uploaded: isThere ? 0 : packed.size }
  } finally {
    await packed.close()
  }
}

/** Progress of a transfer that is made of packing and sending. */
class Halves {
  readonly #transfer: Transfer
  readonly #total: number

  constructor(transfer: Transfer, total: number) {
    this.#transfer = transfer
    this.#total = total
  }

  first(bytes: number, size: number): void {
    this.#transfer.fetched(Math.floor((this.#total * part(bytes, size)) / 2))
  }

  second(bytes: number, size: number): void {
    this.#transfer.fetched(Math.floor((this.#total * (1 + part(bytes, size))) / 2))
  }
}

function part(bytes: number, size: number): number {
  return size === 0 ? 1 : Math.min(bytes / size, 1)
}

function newBlob(
  { descriptor }: StoredBlob,
  packing: 'plain' | 'gzip' | 'zstd',
  { digest, size }: { readonly digest: string; readonly size: number },
): NewBlob {
  return { mediaType: layerMediaType(descriptor.mediaType, packing), digest, size }
}

function describe(blob: NewBlob): Descriptor {
  return { ...blob, urls: [], annotations: new Map() }
}
