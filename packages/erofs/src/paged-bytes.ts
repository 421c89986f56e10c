import type { ByteView, NumberView } from './superblock.ts'

/** An image that is read as it is needed. */
export interface ImageSource {
  /** Bytes of the image. */
  readonly size: number
  /** New memory with all of these bytes; they must not change. */
  read(offset: number, length: number): Uint8Array
}

/** Bytes that are read at once. Inodes of neighbours are neighbours, so most of what is read is used. */
const PAGE_SIZE = 16 * 1024
/** Pages that are kept: 8 MiB. */
const PAGES_MAX = 512
/** Bytes of the largest number. */
const NUMBER_SIZE = 8

/**
 * The bytes of an image, of which only some pages are in memory. What it hands out stays as it is: the memory of a
 * page is not used again.
 */
export class PagedBytes implements ByteView, NumberView {
  readonly #source: ImageSource
  /** The pages by number, those first that have not been used for longest. */
  readonly #pages = new Map<number, Page>()
  #page: Page

  constructor(source: ImageSource) {
    this.#source = source
    this.#page = this.#load(0)
  }

  get length(): number {
    return this.#source.size
  }

  get byteLength(): number {
    return this.#source.size
  }

  /** The bytes from `start` to `end`, as far as there are any. */
  subarray(start = 0, end = this.length): Uint8Array<ArrayBuffer> {
    const from = Math.min(Math.max(start, 0), this.length)
    const to = Math.min(Math.max(end, from), this.length)
    const page = this.#pageOf(from)
    const at = from - page.offset
    if (at + to - from <= page.bytes.length) return page.bytes.subarray(at, at + to - from)
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
    return { at: 0, view: new DataView(this.subarray(offset, offset + size).slice().buffer) }
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
    const bytes = this.#source.read(offset, Math.max(0, Math.min(PAGE_SIZE, this.length - offset)))
    const owned = bytes as Uint8Array<ArrayBuffer>
    const view = new DataView(owned.buffer, owned.byteOffset, owned.byteLength)
    const page = { bytes: owned, offset, view }
    this.#pages.set(number, page)
    if (this.#pages.size > PAGES_MAX) {
      const [oldest = number] = this.#pages.keys()
      this.#pages.delete(oldest)
    }
    this.#page = page
    return page
  }
}

interface Page {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly offset: number
  readonly view: DataView
}
