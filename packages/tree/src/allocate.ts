import type { ByteArena } from '@composefs/bytes'
import { TreeError } from './errors.ts'

/**
 * Takes `length` bytes of an arena.
 *
 * @throws TreeError ERR_TREE_TOO_LARGE beyond 4 GiB
 */
export function allocate(arena: ByteArena, length: number): number {
  try {
    return arena.allocate(length)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new TreeError('ERR_TREE_TOO_LARGE', 'the tree holds more than 4 GiB', {}, { cause })
  }
}
