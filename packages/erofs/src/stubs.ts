import { encodeUtf8, hexDigit, toHex } from '@composefs/bytes'
import { TYPE_CHR } from '@composefs/tree'

/**
 * V0 and V1 put a whiteout under each of the names `00` to `ff` into the root, so that overlayfs does not look
 * through to the object directories of those names in the data layer.
 */
export const STUB_COUNT = 256

/** Mode of a stub. */
export const STUB_MODE = TYPE_CHR | 0o644

const NAMES: Uint8Array = encodeUtf8(
  Array.from({ length: STUB_COUNT }, (_, stub) => toHex(Uint8Array.of(stub))).join(''),
)

/** Name of a stub by its number. Ascending numbers are ascending names. */
export function stubName(stub: number): Uint8Array {
  return NAMES.subarray(2 * stub, 2 * stub + 2)
}

/** Number of the stub with that name, or -1. */
export function stubNumber(name: Uint8Array): number {
  if (name.length !== 2) return -1
  const high = lowerHexDigit(name[0] as number)
  const low = lowerHexDigit(name[1] as number)
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function lowerHexDigit(code: number): number {
  return code >= 0x41 && code <= 0x46 ? -1 : hexDigit(code)
}
