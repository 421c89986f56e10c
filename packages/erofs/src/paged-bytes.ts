import type { ByteView, NumberView } from './superblock.ts'

/** An image that is read as it is needed. */
export interface ImageFile {
  /** Bytes of the image. */
  readonly size: number
  /** Fills `target` with the bytes from `offset` on. They must not change. */
  fill(target: Uint8Array, offset: number): void
}

/** Bytes that are read at once. Inodes of neighbours are neighbours, so most of what is read is used. */
const PAGE_SIZE = 16 * 1024
/** Pages that are kept: 8 MiB. */
const PAGES_MAX = 512
/** Bytes of the largest number. */
const NUMBER_SIZE = 8

/**
 * The bytes of an image, of which only some pages are in memory. What it hands out are copies: the memory of a page is
 * used again, because garbage of this size would be collected late.
 */
export class PagedBytes implements ByteView, NumberView {
  readonly #source: ImageFile
  /** The pages by number, those first that have not been used for longest. */
  readonly #pages = new Map<number, Page>()
  #page: Page

  constructor(source: ImageFile) {
    this.#source = source
    this.#page = this.#load(0)
  }

  get length(): number {
    return this.#source.size
  }

  get byteLength(): number {
    return this.#source.size
  }

  /** A copy of the bytes from `start` to `end`, as far as there are any. */
  subarray(start = 0, end = this.length): Uint8Array<ArrayBuffer> {
    const from = Math.min(Math.max(start, 0), this.length)
    const to = Math.min(Math.max(end, from), this.length)
    const joined = new Uint8Array(to - from)
    for (let done = from; done < to; ) {
      const { bytes, offset } = this.#pageOf(done)
      const piece = bytes.subarray(done - offset, Math.min(to - offset, bytes.length))
      joined.set(piece, done - from)
      done += piece.length
    }
    return joined
  }

  getUint8(offset: number): number {
    const page = this.#pageOf(offset)
    return page.view.getUint8(offset - page.offset)
  }

  getUint16(offset: number, littleEndian?: boolean): number {
    const { at, view } = this.#place(offset, 2)
    return view.getUint16(at, littleEndian)
  }

  getUint32(offset: number, littleEndian?: boolean): number {
    const { at, view } = this.#place(offset, 4)
    return view.getUint32(at, littleEndian)
  }

  getBigInt64(offset: number, littleEndian?: boolean): bigint {
    const { at, view } = this.#place(offset, NUMBER_SIZE)
    return view.getBigInt64(at, littleEndian)
  }

  /** Where a number is: in a page, or, across the end of one, in a copy. */
  #place(offset: number, size: number): { readonly at: number; readonly view: DataView } {
    const page = this.#pageOf(offset)
    const at = offset - page.offset
    if (at + size <= page.bytes.length) return { at, view: page.view }
    return { at: 0, view: new DataView(this.subarray(offset, offset + size).buffer) }
  }

  #pageOf(offset: number): Page {
    const current = this.#page
    if (offset >= current.offset && offset < current.offset + PAGE_SIZE) return current
    const number = Math.floor(offset / PAGE_SIZE)
    const known = this.#pages.get(number)
    if (known === undefined) return this.#load(number)
    this.#pages.delete(number)
    this.#pages.set(number, known)
    this.#page = known
    return known
  }

  #load(number: number): Page {
    const offset = number * PAGE_SIZE
    const memory = this.#takeMemory()
    const bytes = memory.subarray(0, Math.max(0, Math.min(PAGE_SIZE, this.length - offset)))
    this.#source.fill(bytes, offset)
    const view = new DataView(memory.buffer, 0, bytes.length)
    const page = { memory, bytes, offset, view }
    this.#pages.set(number, page)
    this.#page = page
    return page
  }

  /** New memory while there may be more pages, or else that of the page that has not been used for longest. */
  #takeMemory(): Uint8Array<ArrayBuffer> {
    const [oldest] = this.#pages
    if (oldest === undefined || this.#pages.size < PAGES_MAX) return new Uint8Array(PAGE_SIZE)
    this.#pages.delete(oldest[0])
    return oldest[1].memory
  }
}

interface Page {
  readonly memory: Uint8Array<ArrayBuffer>
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly offset: number
  readonly view: DataView
}
