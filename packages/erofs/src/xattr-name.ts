import { encodeUtf8, startsWith } from '@composefs/bytes'
import { type ErofsVersion, XATTR_FILTER_SEED } from './format.ts'
import { xxh32 } from './xxh32.ts'

/** The two prefixes that are whole names: with an empty suffix they are POSIX ACLs. */
export const PREFIX_ACL_ACCESS = 2
export const PREFIX_ACL_DEFAULT = 3
/** `lustre.`: readers know it, but C composefs, which V0 and V1 follow, never writes it. */
const PREFIX_LUSTRE = 5

/** Prefixes of xattr names by their index. Index 0 is no prefix. */
const PREFIXES: readonly Uint8Array[] = [
  '',
  'user.',
  'system.posix_acl_access',
  'system.posix_acl_default',
  'trusted.',
  'lustre.',
  'security.',
].map(encodeUtf8)

/** The prefix with that index; undefined for an index that is not known. */
export function xattrPrefix(index: number): Uint8Array | undefined {
  return PREFIXES[index]
}

/** Index of the prefix that a full name is split at in images of that version. */
export function prefixIndex(name: Uint8Array, version: ErofsVersion): number {
  for (let index = 1; index < PREFIXES.length; index++) {
    if (index === PREFIX_LUSTRE && version !== 2) continue
    if (startsWith(name, PREFIXES[index] as Uint8Array)) return index
  }
  return 0
}

/** Number of the filter bit that a name clears. */
export function filterBit(index: number, suffix: Uint8Array): number {
  return xxh32(suffix, XATTR_FILTER_SEED + index) & 31
}

const OVERLAY = encodeUtf8('trusted.overlay.')
const ESCAPE = encodeUtf8('overlay.')
const ESCAPED = encodeUtf8('trusted.overlay.overlay.')

/** True for the names that overlayfs would act on: those of a tree are escaped in an image. */
function isOverlayName(name: Uint8Array): boolean {
  return startsWith(name, OVERLAY)
}

/** The name of a tree as it stands in an image: `trusted.overlay.X` becomes `trusted.overlay.overlay.X`. */
export function escapeXattrName(name: Uint8Array): Uint8Array {
  if (!isOverlayName(name)) return name
  const escaped = new Uint8Array(name.length + ESCAPE.length)
  escaped.set(OVERLAY)
  escaped.set(ESCAPE, OVERLAY.length)
  escaped.set(name.subarray(OVERLAY.length), OVERLAY.length + ESCAPE.length)
  return escaped
}

/** The name of an image as it stands in the tree; undefined for one that composefs added. */
export function unescapeXattrName(name: Uint8Array): Uint8Array | undefined {
  if (!isOverlayName(name)) return name
  if (!startsWith(name, ESCAPED)) return undefined
  const plain = new Uint8Array(name.length - ESCAPE.length)
  plain.set(OVERLAY)
  plain.set(name.subarray(ESCAPED.length), OVERLAY.length)
  return plain
}
