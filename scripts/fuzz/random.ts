import { seededRandom } from '../../test-fixtures/src/index.ts'

/** Numbers from a seed: the same inputs on every machine. */
export interface Random {
  /** A whole number from 0 up to but without `limit`. */
  below(limit: number): number
  pick<T>(choices: readonly T[]): T
  /** True once in `n` times. */
  oneIn(n: number): boolean
  bytes(length: number): Uint8Array
}

export function createRandom(seed: number): Random {
  const { below, pick } = seededRandom(seed)
  return {
    below,
    pick,
    oneIn: n => below(n) === 0,
    bytes: length => Uint8Array.from({ length }, () => below(256)),
  }
}
