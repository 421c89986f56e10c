import { type Lane, SLOT_SIZE } from '@composefs/threads'
import type { LayerDecoder } from '../decompress/layer-decoder.ts'
import type { LayerPart, SlotSplitter } from './slot-splitter.ts'

/** What a slot was split into. */
export interface SlotParts {
  readonly parts: readonly LayerPart[]
  /** The slot does not end between the first and the last byte of a header, extension, small content or padding. */
  readonly endsPiece: boolean
}

export interface FeedLayerOptions {
  readonly decoder: LayerDecoder
  readonly splitter: SlotSplitter
  readonly lane: Lane<SlotParts>
  /** Gets the uncompressed bytes, each once, before the slot is published. */
  onBytes(data: Uint8Array): void
  /** Gets the parts of each slot before it is published. */
  onSplit(parts: readonly LayerPart[]): void
  readonly signal?: AbortSignal | undefined
}

/**
 * Fills slots with the uncompressed bytes of a layer and publishes them. Bytes are split as soon as they are there, so
 * that a fault is found even if no more come. What a slot ends in the middle of begins the next one.
 */
export async function feedLayer(options: FeedLayerOptions): Promise<void> {
  const { decoder, splitter, lane, signal } = options
  const carry = new Uint8Array(SLOT_SIZE)
  let carried = 0
  for (let isOver = false; !isOver || carried > 0; ) {
    const slot = await lane.take()
    slot.data.set(carry.subarray(0, carried))
    const parts: LayerPart[] = []
    let split = 0
    let end = carried
    try {
      while (end < SLOT_SIZE && !isOver) {
        signal?.throwIfAborted()
        const filled = await decoder.fill(slot.data.subarray(end))
        isOver = filled === 0
        options.onBytes(slot.data.subarray(end, end + filled))
        end += filled
        split = splitter.split(slot, { start: split, end }, parts)
      }
      if (isOver) split = splitter.split(slot, { start: split, end }, parts)
    } finally {
      options.onSplit(parts)
      carry.set(slot.data.subarray(split, end))
      lane.publish({ parts, endsPiece: !splitter.isInsidePiece }, { start: carried, end })
    }
    // The tar ends in the middle of a content.
    if (isOver && split === 0 && end > 0) return
    carried = end - split
  }
}
