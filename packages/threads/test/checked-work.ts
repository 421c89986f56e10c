import { createHash } from 'node:crypto'
import type { Slot } from '../src/index.ts'
import type { Work } from '../src/work.ts'

/** What jobs of the tests do. */
export const Kind = {
  /** Checks that the bytes are of one piece, and hashes them. */
  check: 1,
  /** The same, and takes longer. */
  slow: 2,
  /** Fails, with the stamp in its message. */
  fail: 3,
  /** Waits in the middle until the gate is opened. Only in helpers: for the owner it is `check`. */
  gate: 4,
  /** Ends the thread, if it is a helper. */
  exit: 5,
} as const

/** The memory that the works of all threads share beside slots: chains, a gate, what went wrong. */
export class Shared {
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array

  constructor(memory = new SharedArrayBuffer(4 * (3 + 64 * 4))) {
    this.memory = memory
    this.#words = new Int32Array(memory)
  }

  /** How often a thread found a chain in use or out of order. */
  get violations(): number {
    return Atomics.load(this.#words, 0)
  }

  noteViolation(): void {
    Atomics.add(this.#words, 0, 1)
  }

  /** Threads that wait at the gate, or have passed it. */
  get arrived(): number {
    return Atomics.load(this.#words, 2)
  }

  closeGate(): void {
    Atomics.store(this.#words, 1, 0)
    Atomics.store(this.#words, 2, 0)
  }

  openGate(): void {
    Atomics.store(this.#words, 1, 1)
    Atomics.notify(this.#words, 1)
  }

  passGate(): void {
    Atomics.add(this.#words, 2, 1)
    Atomics.wait(this.#words, 1, 0)
  }

  resetChain(chain: number): void {
    this.#words.fill(0, 3 + chain * 4, 7 + chain * 4)
  }

  /** Adds bytes to the sum of a chain, and notices company. */
  advance(chain: number, data: Uint8Array): void {
    const at = 3 + chain * 4
    if (Atomics.compareExchange(this.#words, at, 0, 1) !== 0) this.noteViolation()
    // Without Atomics, so that a missing order of memory shows.
    this.#words[at + 1] = sumOf(data, this.#words[at + 1])
    this.#words[at + 2] = (this.#words[at + 2] as number) + data.length
    Atomics.store(this.#words, at, 0)
  }

  chain(chain: number): { readonly sum: number; readonly size: number } {
    const at = 3 + chain * 4
    return { sum: this.#words[at + 1] as number, size: this.#words[at + 2] as number }
  }
}

/** Order counts. */
export function sumOf(data: Uint8Array, before = 0): number {
  let sum = before
  for (const byte of data) sum = (Math.imul(sum, 31) + byte) | 0
  return sum
}

export function createCheckedWork(shared: Shared, isHelper: boolean): Work {
  return {
    run(kind, data, result) {
      const stamp = stampOf(data)
      if (kind === Kind.slow) spin(0.3)
      if (kind === Kind.gate && isHelper) shared.passGate()
      if (kind === Kind.exit && isHelper) process.exit(3)
      if (kind === Kind.fail) throw new RangeError(`stamp ${stamp}`)
      if (result.some(byte => byte !== 0)) throw new Error('the result is not empty')
      // All of it is of one publication, and stays so while it is worked on.
      const digest = createHash('sha256').update(data).digest()
      for (let at = 4; at < data.length; at++) {
        if (data[at] !== patternAt(stamp, at)) throw new Error(`byte ${at} is not of ${stamp}`)
      }
      result.set(digest)
      new DataView(result.buffer, result.byteOffset).setUint32(32, stamp)
    },
    advance(chain, data) {
      shared.advance(chain, data)
    },
  }
}

/** Fills bytes of a slot so that every one of them tells whether it is of this stamp. */
export function stampBytes(data: Uint8Array, stamp: number): void {
  new DataView(data.buffer, data.byteOffset).setUint32(0, stamp)
  for (let at = 4; at < data.length; at++) data[at] = patternAt(stamp, at)
}

export function addStamped(
  slot: Slot,
  { kind, offset, length, stamp }: { kind: number; offset: number; length: number; stamp: number },
): number | undefined {
  stampBytes(slot.data.subarray(offset, offset + length), stamp)
  return slot.add(kind, offset, length)
}

export function digestOfStamp(stamp: number, length: number): string {
  const data = new Uint8Array(length)
  stampBytes(data, stamp)
  return createHash('sha256').update(data).digest('hex')
}

function stampOf(data: Uint8Array): number {
  return new DataView(data.buffer, data.byteOffset).getUint32(0)
}

function patternAt(stamp: number, at: number): number {
  return (stamp * 7 + at) & 0xff
}

function spin(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
}
