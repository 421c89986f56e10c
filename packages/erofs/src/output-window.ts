import { BLOCK_SIZE } from './format.ts'

/** Bytes of an image that are in memory at a time. An inode with the largest xattr area is a quarter of it. */
const WINDOW_SIZE = 2 ** 20

/** The part of an image that is being written. What was not written is zeros; full blocks leave in order. */
export class OutputWindow {
  readonly bytes = new Uint8Array(WINDOW_SIZE)
  readonly view = new DataView(this.bytes.buffer)
  readonly #write: (chunk: Uint8Array) => void
  /** Where the window begins in the image. */
  #start = 0
  /** End of what was written, from the start of the window. */
  #end = 0

  constructor(write: (chunk: Uint8Array) => void) {
    this.#write = write
  }

  /** Bytes of the image so far. */
  get position(): number {
    return this.#start + this.#end
  }

  /** Takes the next `size` bytes, at most half a window, and returns their place in `bytes`. They are zeros. */
  take(size: number): number {
    if (this.#end + size > WINDOW_SIZE) this.#flush()
    const at = this.#end
    this.#end += size
    return at
  }

  /** Goes on to a position of the image; everything up to there is zeros. */
  skipTo(position: number): void {
    while (this.position < position) this.take(Math.min(position - this.position, BLOCK_SIZE))
  }

  /** Appends bytes of any number. */
  append(data: Uint8Array): void {
    for (let at = 0; at < data.length; at += BLOCK_SIZE) {
      const part = data.subarray(at, at + BLOCK_SIZE)
      this.bytes.set(part, this.take(part.length))
    }
  }

  /** Ends the image, which is a whole number of blocks. */
  finish(): void {
    this.#flush()
  }

  /** Only whole blocks leave, so that whoever hashes them never has to put one together. */
  #flush(): void {
    const whole = this.#end - (this.#end % BLOCK_SIZE)
    if (whole === 0) return
    this.#write(this.bytes.subarray(0, whole))
    this.bytes.copyWithin(0, whole, this.#end)
    this.bytes.fill(0, this.#end - whole, this.#end)
    this.#start += whole
    this.#end -= whole
  }
}
