import { showUtf8 } from '@composefs/bytes'
import { entryText } from '../entry-text.ts'
import { OciError } from '../errors.ts'
import type { TarEntry, TarEntryKind } from './entry.ts'
import type { Extensions } from './extensions.ts'
import { dialectOf, headerPath, headerTarget, TarHeader, TarType } from './header.ts'
import { parseNumeric, parseOctal } from './numbers.ts'
import type { PaxTime } from './pax.ts'

/** An entry whose content is still to come. */
export type EntryDraft = { -readonly [K in keyof TarEntry]: TarEntry[K] }

/** A header with its extensions applied. */
export interface ReadEntry {
  readonly draft: EntryDraft
  /** Bytes of content that follow, without padding. Of anything but a regular file only where the caller allows it. */
  readonly contentSize: number
}

/**
 * Largest size of an entry: what a number holds exactly, with room for padding. No file system has files beyond it
 * either.
 */
const SIZE_MAX = Number.MAX_SAFE_INTEGER - 0xffff

const UINT32_MAX = 0xffff_ffff
const UINT64_MAX = (1n << 64n) - 1n
const SLASH = 0x2f
const AT = TarHeader.offsets
/** Bytes of the short number fields (mode, owner, device) and of the long ones (size, mtime). */
const SHORT = 8
const LONG = 12

const NO_BYTES = new Uint8Array(0)

/** Types other than regular files, by their type byte. */
const OTHER_KINDS: ReadonlyMap<number, TarEntryKind> = new Map([
  [TarType.hardlink, 'hardlink'],
  [TarType.symlink, 'symlink'],
  [TarType.chr, 'chr'],
  [TarType.blk, 'blk'],
  [TarType.directory, 'directory'],
  [TarType.fifo, 'fifo'],
])

/**
 * Reads the header of an entry, with what the extension headers before it say. `offset` is that of the first of them.
 *
 * @throws OciError ERR_OCI_TAR_EMPTY_NAME, ERR_OCI_TAR_BAD_PATH, ERR_OCI_TAR_SPARSE, ERR_OCI_TAR_UNSUPPORTED_TYPE,
 *   ERR_OCI_TAR_BAD_DEVICE, ERR_OCI_TAR_BAD_NUMBER, ERR_OCI_TAR_NUMBER_OUT_OF_RANGE, ERR_OCI_TAR_BAD_SIZE
 */
export function readEntry(block: Uint8Array, extensions: Extensions, offset: number): ReadEntry {
  const { pax } = extensions
  const dialect = dialectOf(block)
  const rawPath = pax?.path ?? extensions.longName ?? headerPath(block, dialect)
  const path = entryPath(rawPath)
  if (rawPath.length === 0) throw new OciError('ERR_OCI_TAR_EMPTY_NAME', 'an entry without a name')
  if (rawPath.includes(0)) throw new OciError('ERR_OCI_TAR_BAD_PATH', 'a NUL in the path')

  const type = block[AT.type] as number
  const isV7 = dialect === 'v7'
  if (pax?.isSparse || (type === TarType.gnuSparse && !isV7)) {
    throw new OciError('ERR_OCI_TAR_SPARSE', 'a sparse file, which layers cannot hold')
  }
  const kind = entryKind(type, isV7 && rawPath.at(-1) === SLASH)
  if (kind === undefined) throw unsupportedType(type)

  const isDevice = kind === 'chr' || kind === 'blk'
  if (isDevice && isV7) {
    throw new OciError('ERR_OCI_TAR_BAD_DEVICE', 'a device in an old header without device numbers')
  }
  const contentSize = pax?.size === undefined ? readSize(block) : checkSize(pax.size)
  const mtime = pax?.mtime ?? readMtime(block)
  const draft: EntryDraft = {
    kind,
    path,
    target: readTarget(block, kind, extensions),
    mode: readMode(block),
    uid: pax?.uid ?? readOwner(block, AT.uid, 'uid'),
    gid: pax?.gid ?? readOwner(block, AT.gid, 'gid'),
    mtimeSeconds: mtime.seconds,
    mtimeNanoseconds: mtime.nanoseconds,
    size: kind === 'regular' ? contentSize : 0,
    major: isDevice ? readDevice(block, AT.deviceMajor, 'major') : 0,
    minor: isDevice ? readDevice(block, AT.deviceMinor, 'minor') : 0,
    xattrs: pax?.xattrs ?? [],
    content: undefined,
    offset,
  }
  return { draft, contentSize }
}

/**
 * Size of what follows an extension header, from the header itself: a pax size is for the entry, and a reader that
 * takes it for the headers between sees other entries than everybody else.
 *
 * @throws OciError ERR_OCI_TAR_BAD_NUMBER, ERR_OCI_TAR_NUMBER_OUT_OF_RANGE, ERR_OCI_TAR_BAD_SIZE
 */
export function readSize(block: Uint8Array): number {
  const value = parseNumeric(block, AT.size, LONG)
  if (value === undefined) throw badNumber(block, AT.size, LONG, 'size')
  if (typeof value === 'number') return value
  if (value > UINT64_MAX) throw outOfRange('size', value)
  return checkSize(value)
}

/** The path of an entry for an error, as far as it can be told. */
export function describePath(block: Uint8Array, extensions: Extensions): string {
  const path = extensions.pax?.path ?? extensions.longName ?? headerPath(block, dialectOf(block))
  return entryText(entryPath(path))
}

/** `/` + path without a slash before and slashes behind. Nothing more is normalised; the root is empty. */
function entryPath(raw: Uint8Array): Uint8Array {
  const start = raw[0] === SLASH ? 1 : 0
  let end = raw.length
  while (end > start && raw[end - 1] === SLASH) end--
  if (end <= start) return NO_BYTES
  const path = new Uint8Array(1 + end - start)
  path[0] = SLASH
  path.set(raw.subarray(start, end), 1)
  return path
}

function entryKind(type: number, isOldDirectory: boolean): TarEntryKind | undefined {
  if (type === TarType.regular || type === TarType.regularOld) {
    // The old format has no type for directories.
    return isOldDirectory ? 'directory' : 'regular'
  }
  return type === TarType.contiguous ? 'regular' : OTHER_KINDS.get(type)
}

function readTarget(block: Uint8Array, kind: TarEntryKind, extensions: Extensions): Uint8Array {
  if (kind !== 'hardlink' && kind !== 'symlink') return NO_BYTES
  const target = extensions.pax?.linkPath ?? extensions.longTarget ?? headerTarget(block)
  if (target.includes(0)) throw new OciError('ERR_OCI_TAR_BAD_PATH', 'a NUL in the link target')
  return kind === 'hardlink' ? entryPath(target) : target.slice()
}

/** The permission bits. Writers that put the type of file above them too are many, and may contradict the type. */
function readMode(block: Uint8Array): number {
  const value = parseNumeric(block, AT.mode, SHORT)
  if (value === undefined) throw badNumber(block, AT.mode, SHORT, 'mode')
  return typeof value === 'number' ? value & 0o7777 : Number(value & 0o7777n)
}

function readOwner(block: Uint8Array, at: number, field: string): number {
  const value = parseNumeric(block, at, SHORT)
  if (value === undefined) throw badNumber(block, at, SHORT, field)
  // A negative base-256 number has its high bits set, and so is out of range as well.
  if (value > UINT32_MAX) throw outOfRange(field, value)
  return Number(value)
}

function readMtime(block: Uint8Array): PaxTime {
  const value = parseNumeric(block, AT.mtime, LONG)
  if (value === undefined) throw badNumber(block, AT.mtime, LONG, 'mtime')
  // Two's complement: base 256 is how times before 1970 are written.
  return { seconds: BigInt.asIntN(64, BigInt(value)), nanoseconds: 0 }
}

function readDevice(block: Uint8Array, at: number, field: string): number {
  const value = parseOctal(block, at, SHORT)
  if (value === undefined) throw badNumber(block, at, SHORT, `device ${field}`)
  return value
}

function checkSize(size: bigint): number {
  if (size <= SIZE_MAX) return Number(size)
  throw new OciError('ERR_OCI_TAR_BAD_SIZE', `a size of ${size} bytes`, { actual: size })
}

function unsupportedType(type: number): OciError {
  const isPrintable = type > 0x20 && type < 0x7f
  const shown = isPrintable ? `'${String.fromCharCode(type)}'` : `0x${type.toString(16)}`
  return new OciError('ERR_OCI_TAR_UNSUPPORTED_TYPE', `an entry of unsupported type ${shown}`, {
    actual: type,
  })
}

function badNumber(block: Uint8Array, at: number, length: number, field: string): OciError {
  const text = JSON.stringify(showUtf8(block.subarray(at, at + length)))
  return new OciError('ERR_OCI_TAR_BAD_NUMBER', `${field} is no number: ${text}`)
}

function outOfRange(field: string, value: number | bigint): OciError {
  return new OciError('ERR_OCI_TAR_NUMBER_OUT_OF_RANGE', `${field} out of range: ${value}`, {
    actual: value,
  })
}
