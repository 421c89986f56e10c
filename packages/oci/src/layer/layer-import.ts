import type { SplitstreamWriter } from '@composefs/splitstream'
import type { DoneSlot, Lane } from '@composefs/threads'
import { CheckedBlob } from '../decompress/checked-blob.ts'
import { type LayerDecoder, openDecoder } from '../decompress/layer-decoder.ts'
import { readAhead } from '../decompress/read-ahead.ts'
import { isOciError } from '../errors.ts'
import { feedLayer, type SlotParts } from './feed-layer.ts'
import type { ImportLayerOptions } from './import-options.ts'
import { LayerAssembler, type LayerCounts } from './layer-assembler.ts'
import { detectLayer, LayerSize, type LayerSizes } from './layer-blob.ts'
import { LayerDigests } from './layer-digests.ts'
import { SlotSplitter } from './slot-splitter.ts'

/**
 * One layer on its way into a repository. Its bytes go through slots: this thread fills and splits them, jobs hash and
 * store what is in them, and this thread puts the results together again, in order.
 */
export class LayerImport {
  readonly #options: ImportLayerOptions
  readonly #writer: SplitstreamWriter
  readonly #digests: LayerDigests
  readonly #splitter: SlotSplitter
  readonly #assembler: LayerAssembler

  /** @throws OciError ERR_OCI_BAD_DIGEST, ERR_OCI_UNSUPPORTED_DIGEST */
  constructor(writer: SplitstreamWriter, options: ImportLayerOptions) {
    const { intake, hashing } = options.repository
    this.#options = options
    this.#writer = writer
    this.#digests = new LayerDigests(options.expected, hashing)
    this.#splitter = new SlotSplitter(intake)
    this.#assembler = new LayerAssembler(intake, writer, options.entries)
  }

  get counts(): LayerCounts {
    return this.#assembler.counts
  }

  /** Reads the blob to its end, and checks it: the compressed data, the tar, digest and size of the blob, diff ID. */
  async run(blob: AsyncIterable<Uint8Array>): Promise<LayerSizes> {
    // First of all: nothing is open yet that would have to be closed.
    const lane = this.#options.repository.intake.slots.lane<SlotParts>({
      chain: this.#digests.layer.address,
      onDone: (slot, parts) => this.#assemble(slot, parts),
    })
    try {
      return await this.#read(blob, lane)
    } finally {
      await lane.abort()
      this.#splitter.abort()
      this.#assembler.abort()
      // No thread is inside the hash any more.
      this.#digests.close()
    }
  }

  async #read(blob: AsyncIterable<Uint8Array>, lane: Lane<SlotParts>): Promise<LayerSizes> {
    const { expected, repository, maxSize } = this.#options
    const { compression, bytes, close } = await detectLayer(blob, this.#options)
    const checked = new CheckedBlob(bytes, {
      ...this.#options,
      expectedSize: expected.blobSize,
      hash: this.#digests.startBlob(compression),
    })
    const size = new LayerSize(checked, maxSize)
    const decoder = openDecoder(readAhead(checked), {
      compression,
      decoders: repository.decoders,
    })
    try {
      await this.#feed(lane, decoder, size)
      this.#options.onRead?.()
      await lane.drain()
      this.#splitter.finish()
      this.#digests.verify(checked.size)
      return { size: size.value, blobSize: checked.size }
    } finally {
      await decoder.close()
      // The decoder has not begun when there was no slot.
      if (checked.size === 0) await close()
    }
  }

  async #feed(lane: Lane<SlotParts>, decoder: LayerDecoder, size: LayerSize): Promise<void> {
    const { signal } = this.#options
    const hash = this.#digests.layer
    try {
      await feedLayer({
        decoder,
        lane,
        splitter: this.#splitter,
        signal,
        onBytes(data) {
          size.add(data.length)
          // Unless the threads go on with it.
          if (hash.address === undefined) hash.update(data)
        },
        onSplit: parts => this.#assembler.expect(parts),
      })
    } catch (error) {
      // What comes before the fault is told of before it.
      if (isOciError(error)) await lane.drain()
      throw error
    }
  }

  async #assemble(slot: DoneSlot, { parts, endsPiece }: SlotParts): Promise<void> {
    await this.#options.entries?.turn
    this.#assembler.add(slot, parts)
    // Where no piece goes across: a reader of the stream asks for whole ones.
    if (endsPiece) this.#writer.allowBreak()
    await this.#writer.drain()
  }
}
