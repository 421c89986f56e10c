import { concatBytes } from '@composefs/bytes'
import { type ErofsVersion, XATTR_UNIT, XattrEntryHead } from './format.ts'
import { prefixIndex, xattrPrefix } from './xattr-name.ts'

/** `size` rounded up to what entries are multiples of. */
export function padXattr(size: number): number {
  return (size + XATTR_UNIT - 1) & -XATTR_UNIT
}

/** The entry of an xattr in images of that version, name and value as they stand there. */
export function encodeXattrEntry(
  name: Uint8Array,
  value: Uint8Array,
  version: ErofsVersion,
): Uint8Array {
  const index = prefixIndex(name, version)
  const suffix = name.subarray(prefixOf(index).length)
  const entry = new Uint8Array(padXattr(XattrEntryHead.size + suffix.length + value.length))
  XattrEntryHead.write(new DataView(entry.buffer), 0, {
    nameLength: suffix.length,
    nameIndex: index,
    valueSize: value.length,
  })
  entry.set(suffix, XattrEntryHead.size)
  entry.set(value, XattrEntryHead.size + suffix.length)
  return entry
}

/** Prefix index of an encoded entry. */
export function entryIndex(entry: Uint8Array): number {
  return entry[XattrEntryHead.offsets.nameIndex] as number
}

/** Name of an encoded entry without its prefix. */
export function entrySuffix(entry: Uint8Array): Uint8Array {
  return entry.subarray(XattrEntryHead.size, suffixEnd(entry))
}

/** Full name of an encoded entry. */
export function entryName(entry: Uint8Array): Uint8Array {
  return concatBytes([prefixOf(entryIndex(entry)), entrySuffix(entry)])
}

export function entryValue(entry: Uint8Array): Uint8Array {
  const at = XattrEntryHead.offsets.valueSize
  const size = (entry[at] as number) | ((entry[at + 1] as number) << 8)
  return entry.subarray(suffixEnd(entry), suffixEnd(entry) + size)
}

function suffixEnd(entry: Uint8Array): number {
  return XattrEntryHead.size + (entry[XattrEntryHead.offsets.nameLength] as number)
}

function prefixOf(index: number): Uint8Array {
  return xattrPrefix(index) as Uint8Array // only known indexes are encoded
}
