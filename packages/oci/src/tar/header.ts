import { byteField, struct, u8 } from '@composefs/bytes'
import { parseOctal } from './numbers.ts'

/** Bytes of a tar block: headers are one, contents are filled up to one. */
export const BLOCK_SIZE = 512

/**
 * A tar header as ustar lays it out (POSIX.1-2018, pax, "ustar Interchange Format"). GNU and the old format agree up to
 * `linkName`; GNU has `ustar`, two spaces and a NUL in `magic` and `version`, the devices where they are here, and
 * times instead of a prefix.
 */
export const TarHeader = struct(BLOCK_SIZE, {
  name: byteField(100),
  mode: byteField(8),
  uid: byteField(8),
  gid: byteField(8),
  size: byteField(12),
  mtime: byteField(12),
  /** Octal sum of all bytes, these eight taken as spaces. */
  checksum: byteField(8),
  type: u8,
  linkName: byteField(100),
  magic: byteField(6),
  version: byteField(2),
  userName: byteField(32),
  groupName: byteField(32),
  deviceMajor: byteField(8),
  deviceMinor: byteField(8),
  prefix: byteField(155),
  unused: byteField(12),
})

/** Type bytes of the headers we read. */
export const TarType = {
  regularOld: 0,
  regular: 0x30,
  hardlink: 0x31,
  symlink: 0x32,
  chr: 0x33,
  blk: 0x34,
  directory: 0x35,
  fifo: 0x36,
  /** Regular, once meant to lie in one piece on the disk. */
  contiguous: 0x37,
  gnuLongTarget: 0x4b,
  gnuLongName: 0x4c,
  gnuSparse: 0x53,
  paxGlobal: 0x67,
  pax: 0x78,
} as const

/** Who defined the header: decides which of its fields mean something. */
export type TarDialect = 'ustar' | 'gnu' | 'v7'

const AT = TarHeader.offsets
const NAME_SIZE = 100
const LINK_NAME_SIZE = 100
const PREFIX_SIZE = 155
const CHECKSUM_SIZE = 8

/** True when all of the block is zero: one half of an end marker. */
export function isZeroBlock(block: Uint8Array): boolean {
  for (let i = 0; i < BLOCK_SIZE; i++) if (block[i] !== 0) return false
  return true
}

/** True when the checksum is the sum of the header's bytes, as unsigned or (old writers) as signed ones. */
export function hasValidChecksum(block: Uint8Array): boolean {
  const stored = parseOctal(block, AT.checksum, CHECKSUM_SIZE)
  if (stored === undefined) return false
  let sum = CHECKSUM_SIZE * 0x20
  let above127 = 0
  for (let i = 0; i < BLOCK_SIZE; i++) {
    const byte = block[i] as number
    sum += byte
    above127 += byte >> 7
  }
  for (let i = AT.checksum; i < AT.checksum + CHECKSUM_SIZE; i++) {
    const byte = block[i] as number
    sum -= byte
    above127 -= byte >> 7
  }
  return stored === sum || stored === sum - 256 * above127
}

/** The dialect by the magic. ustar of any version counts: what the version would change, nobody knows. */
export function dialectOf(block: Uint8Array): TarDialect {
  if (!matches(block, AT.magic, 'ustar')) return 'v7'
  if (block[AT.magic + 5] === 0) return 'ustar'
  return matches(block, AT.magic + 5, '  \0') ? 'gnu' : 'v7'
}

/** The path in the header, prefix and all. It aliases the block where there is no prefix. */
export function headerPath(block: Uint8Array, dialect: TarDialect): Uint8Array {
  const name = untilNul(block, AT.name, NAME_SIZE)
  if (dialect !== 'ustar' || block[AT.prefix] === 0) return name
  const prefix = untilNul(block, AT.prefix, PREFIX_SIZE)
  const path = new Uint8Array(prefix.length + 1 + name.length)
  path.set(prefix)
  path[prefix.length] = 0x2f
  path.set(name, prefix.length + 1)
  return path
}

/** The link target in the header. It aliases the block. */
export function headerTarget(block: Uint8Array): Uint8Array {
  return untilNul(block, AT.linkName, LINK_NAME_SIZE)
}

/** The bytes of a field before its first NUL, if it has one. */
function untilNul(block: Uint8Array, at: number, size: number): Uint8Array {
  let end = at
  while (end < at + size && block[end] !== 0) end++
  return block.subarray(at, end)
}

function matches(block: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (block[at + i] !== text.charCodeAt(i)) return false
  return true
}
