import type { Native } from './native.ts'

/** V8 keeps the bytes of arrays up to this size on its own heap at first, and moves them. */
const ON_HEAP_MAX = 64

/** Memory whose address does not change, for as long as it is referenced. */
export class NativeMemory {
  readonly bytes: Uint8Array
  readonly address: number

  constructor(native: Native, size: number) {
    // A buffer that was made by itself is not on the heap of V8.
    this.bytes = new Uint8Array(new ArrayBuffer(size))
    this.address = native.address(this.bytes)
  }
}

/**
 * Lends memory of a caller to native code, one array at a time. It is referenced here until it is given back: a local
 * variable may be gone before the call is over.
 */
export class LentMemory {
  readonly #native: Native
  readonly #small: NativeMemory
  #lent: Uint8Array | undefined

  constructor(native: Native) {
    this.#native = native
    this.#small = new NativeMemory(native, ON_HEAP_MAX)
  }

  /** Where native code finds the bytes of `data`. */
  lendInput(data: Uint8Array): number {
    if (data.length > ON_HEAP_MAX) return this.#lend(data)
    this.#small.bytes.set(data)
    return this.#small.address
  }

  /** Where native code may write up to `data.length` bytes, which are there after `giveBack`. */
  lendOutput(data: Uint8Array): number {
    return data.length > ON_HEAP_MAX ? this.#lend(data) : this.#small.address
  }

  /** Ends what `lendInput` began. */
  release(): void {
    this.#lent = undefined
  }

  /** Ends what `lendOutput` began: native code has written `written` bytes. */
  giveBack(data: Uint8Array, written: number): void {
    if (this.#lent === undefined) data.set(this.#small.bytes.subarray(0, written))
    this.#lent = undefined
  }

  #lend(data: Uint8Array): number {
    this.#lent = data
    return this.#native.address(data)
  }
}

/** Frees what native code holds for an object that nobody closed. */
export const abandoned: FinalizationRegistry<() => void> = new FinalizationRegistry(free => free())
