import type { Random } from './random.ts'

/** A parser of bytes that anybody may have made, and what there is to say about its input. */
export interface Target {
  readonly name: string
  /** Inputs to begin with: sound ones and odd ones, at most INPUT_MAX bytes each. */
  seeds(): Promise<readonly Uint8Array[]>
  /** Words of the format. */
  readonly dictionary: readonly Uint8Array[]
  /**
   * A change that knows the format: it keeps checksums and lengths right, so that what is behind them is reached.
   * Undefined for an input that is too broken for that.
   */
  mutate(input: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array | undefined
  /**
   * Reads the input in every way that the packages offer, and compares ways that must agree.
   *
   * @returns what became of it, the same text for inputs that took the same way
   * @throws whatever is a finding: an error that is not of the package's own class, or a disagreement
   */
  run(input: Uint8Array): Promise<string> | string
}

/** Longest input in bytes. What needs more to go wrong has a test of its own. */
export const INPUT_MAX: number = 1 << 20

/** Two ways that must agree do not. */
export class Disagreement extends Error {
  override readonly name = 'Disagreement'
}
