import { type ByteSet, hasByte } from './byte-set.ts'

/** What an instruction does. Where nothing else is said the next one follows. */
export const Op = {
  /** Takes the byte x. */
  byte: 0,
  /** Takes a byte of set x. */
  set: 1,
  /** Goes on at x, or else at y. */
  split: 2,
  jump: 3,
  /** The pattern is over; x is the number of its rule. */
  end: 4,
  /** Like `end`, but whether the pattern matches is to be found out by a Backtracker. Stays whatever byte comes. */
  maybe: 5,
  /** Goes on at the first byte only. */
  start: 6,
  fail: 7,

  // For the Backtracker alone:

  /** Goes on where the assertion x holds. */
  assert: 8,
  /** Remembers the place in register x. */
  save: 9,
  /** Takes what is between the registers of group x; y is 1 to ignore case. */
  backreference: 10,
  /** Looks y bytes back for what follows, up to `done`; goes on at x when it is there. */
  look: 11,
  /** As look, but goes on when it is not there. */
  lookNegative: 12,
  /** Takes what follows, up to `done`, and goes on at x. Nothing in it is tried another way. */
  atomic: 13,
  done: 14,
  /** Goes on at y when nothing was taken since register x was saved. */
  progress: 15,
} as const

export type Op = (typeof Op)[keyof typeof Op]

/** Thrown when patterns take more instructions than there may be. */
export class ProgramTooLargeError extends Error {
  override readonly name = 'ProgramTooLargeError'
}

const FIRST_CAPACITY = 256

/** Instructions of patterns, as columns of numbers. */
export class Program {
  length = 0
  op = new Uint8Array(FIRST_CAPACITY)
  x = new Int32Array(FIRST_CAPACITY)
  y = new Int32Array(FIRST_CAPACITY)
  readonly sets: ByteSet[] = []
  readonly #setNumbers = new Map<string, number>()
  readonly #lengthMax: number

  /** @param lengthMax most instructions */
  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax
  }

  /**
   * Adds an instruction and returns its number.
   *
   * @throws ProgramTooLargeError
   */
  emit(op: Op, x = 0, y = 0): number {
    if (this.length === this.op.length) this.#grow()
    const at = this.length++
    this.op[at] = op
    this.x[at] = x
    this.y[at] = y
    return at
  }

  /** The number of a set; equal sets have the same. */
  setNumber(set: ByteSet): number {
    const key = set.join()
    const known = this.#setNumbers.get(key)
    if (known !== undefined) return known
    const number = this.sets.push(set) - 1
    this.#setNumbers.set(key, number)
    return number
  }

  hasByte(setNumber: number, byte: number): boolean {
    return hasByte(this.sets[setNumber] as ByteSet, byte)
  }

  #grow(): void {
    if (this.length >= this.#lengthMax) {
      throw new ProgramTooLargeError(`more than ${this.#lengthMax} instructions`)
    }
    const capacity = Math.min(this.#lengthMax, this.length * 2)
    this.op = enlarged(this.op, new Uint8Array(capacity))
    this.x = enlarged(this.x, new Int32Array(capacity))
    this.y = enlarged(this.y, new Int32Array(capacity))
  }
}

function enlarged<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from)
  return to
}
