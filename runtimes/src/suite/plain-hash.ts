import { toHex } from '@composefs/bytes'
import { nobleHashing } from '@composefs/fsverity'

/** SHA-256 of the pieces in hex, by the portable hash. */
export function sha256(pieces: Iterable<Uint8Array>): string {
  const hash = nobleHashing.stream('sha256')
  for (const piece of pieces) hash.update(piece)
  return toHex(hash.digest())
}
