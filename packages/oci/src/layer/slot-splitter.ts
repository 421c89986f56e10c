import { type LargeContent, type ObjectIntake, ObjectJob } from '@composefs/repository'
import type { Slot } from '@composefs/threads'
import type { TarEntry } from '../tar/entry.ts'
import type { EntryDraft } from '../tar/read-entry.ts'
import { TarReader } from '../tar/reader.ts'

/** Contents up to this size lie in one slot as a whole: most files do, and one that is stored already is never written. */
const WHOLE_MAX = 256 * 1024

/** A part of a slot, in the order of the layer. What jobs make of it is known when the slot is done. */
export type LayerPart =
  /** Bytes of the slot that stay in the stream of the layer. */
  | { readonly kind: 'inline'; readonly start: number; readonly end: number }
  | { readonly kind: 'entry'; readonly entry: TarEntry }
  /** An object, and its entry without the digest. */
  | {
      readonly kind: 'object'
      readonly job: number
      readonly size: number
      readonly entry: EntryDraft
    }
  /** The next leaf of a large content. */
  | { readonly kind: 'leaf'; readonly job: number; readonly content: LargeContent }
  /** The end of a large content, and its entry without the digest. */
  | {
      readonly kind: 'large'
      readonly content: LargeContent
      readonly size: number
      readonly entry: EntryDraft
    }

/** A content that is larger than WHOLE_MAX, on its way. */
interface Large {
  readonly content: LargeContent
  readonly size: number
  taken: number
}

/**
 * Splits the tar in slots that are filled one after the other: small pieces stay, contents become jobs. Large contents
 * are written here, in order, and hashed in leaves.
 */
export class SlotSplitter {
  readonly #intake: ObjectIntake
  readonly #reader: TarReader
  #parts: LayerPart[] = []
  #large: Large | undefined

  constructor(intake: ObjectIntake) {
    this.#intake = intake
    this.#reader = new TarReader({
      onEntry: entry => void this.#parts.push({ kind: 'entry', entry }),
    })
  }

  /** True between the first and the last byte of a header, extension, small content or padding. */
  get isInsidePiece(): boolean {
    return this.#reader.isInsidePiece
  }

  /**
   * Splits the bytes of a slot from `start` to `end`, and returns where it had to stop: what is left is to be there
   * again when there are more bytes, or at the beginning of the next slot, since a content goes across or the table of
   * jobs is full. `parts` gets what was split, before an error too.
   *
   * @throws OciError ERR_OCI_TAR_*; what writing a large content throws
   */
  split(
    slot: Slot,
    { start, end }: { readonly start: number; readonly end: number },
    parts: LayerPart[],
  ): number {
    this.#parts = parts
    const data = slot.data.subarray(0, end)
    let at = start
    while (at < end) {
      const size = this.#reader.objectSize
      const next = size === undefined ? this.#inline(data, at) : this.#content(slot, data, at, size)
      if (next === undefined) return at
      at = next
    }
    return at
  }

  /**
   * Says that the tar ends here.
   *
   * @throws OciError ERR_OCI_TAR_TRUNCATED, ERR_OCI_TAR_ORPHAN_EXTENSION
   */
  finish(): void {
    this.#reader.finish()
  }

  /** Lets go of a large content that is not complete. */
  abort(): void {
    this.#large?.content.abort()
    this.#large = undefined
  }

  #inline(data: Uint8Array, start: number): number {
    const end = this.#reader.push(data, start)
    this.#parts.push({ kind: 'inline', start, end })
    return end
  }

  /** Takes what there is of a content; undefined when there is not enough of it, or no room for its job. */
  #content(slot: Slot, data: Uint8Array, at: number, size: number): number | undefined {
    if (size > WHOLE_MAX) return this.#largeContent(slot, data, at, size)
    if (data.length - at < size) return undefined
    const job = slot.add(this.#intake.contentJob, at, size)
    if (job === undefined) return undefined
    this.#parts.push({ kind: 'object', job, size, entry: this.#reader.takeObject() })
    return at + size
  }

  #largeContent(slot: Slot, data: Uint8Array, start: number, size: number): number | undefined {
    this.#large ??= { content: this.#intake.openLarge(), size, taken: 0 }
    const large = this.#large
    const { content } = large
    const { leafSize } = this.#intake
    let at = start
    while (large.taken < size && at < data.length) {
      const rest = size - large.taken
      const length = Math.min(rest, leafSize === 0 ? data.length - at : leafSize)
      // A leaf is hashed as a whole.
      if (length > data.length - at) break
      if (leafSize > 0) {
        const job = slot.add(ObjectJob.leaf, at, length)
        if (job === undefined) break
        this.#parts.push({ kind: 'leaf', job, content })
      }
      large.taken += length
      at += length
    }
    content.write(data.subarray(start, at))
    if (large.taken === size) {
      this.#large = undefined
      this.#parts.push({ kind: 'large', content, size, entry: this.#reader.takeObject() })
    }
    return at === start ? undefined : at
  }
}
