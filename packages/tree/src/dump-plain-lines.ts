import { ContentCode } from './content-code.ts'
import { readObject } from './dump-object.ts'
import type { DumpPaths } from './dump-paths.ts'
import { PlainPath } from './dump-plain-path.ts'
import type { DumpXattrs } from './dump-xattrs.ts'
import type { Inode } from './inode.ts'
import {
  PERMISSION_MASK,
  TYPE_BLK,
  TYPE_CHR,
  TYPE_DIRECTORY,
  TYPE_FIFO,
  TYPE_MASK,
  TYPE_REGULAR,
  TYPE_SOCKET,
  TYPE_SYMLINK,
} from './mode.ts'
import type { TreeStore } from './store.ts'
import type { XattrSet } from './xattr-sets.ts'

const NEWLINE = 0x0a
const SPACE = 0x20
const DASH = 0x2d
const DOT = 0x2e
const DIGIT_0 = 0x30
const BACKSLASH = 0x5c

/** Most digits of a number that is plain: a double holds them, whatever they are. */
const DIGITS_MAX = 15
/** Most digits of nanoseconds. */
const FRACTION_DIGITS_MAX = 9
/** Most digits of a mode. */
const MODE_DIGITS_MAX = 6
const UINT32_MAX = 0xffff_ffff

/**
 * Reads the lines that large dumps are made of: everything but hard links, special numbers and xattrs that were not met
 * lately. One look at each byte is enough for those, and nothing of a line is kept beside the columns of its inode.
 *
 * A line that is anything else, be it wrong or only rare, is left alone: the DumpLineReader reads it.
 */
export class PlainLines {
  /** Lines that the last `read` has read. */
  count = 0
  readonly #store: TreeStore
  readonly #xattrs: DumpXattrs
  readonly #digest: Uint8Array
  readonly #path: PlainPath
  /** Where in the line the reader is. Every line ends with a newline, where all loops over its bytes stop. */
  #at = 0
  /** What the inode holds, and what of the line goes to its data. */
  #content: ContentCode = ContentCode.none
  #dataStart = 0
  #dataEnd = 0

  constructor(store: TreeStore, paths: DumpPaths, xattrs: DumpXattrs) {
    this.#store = store
    this.#xattrs = xattrs
    this.#digest = new Uint8Array(store.algorithm.digestSize)
    this.#path = new PlainPath(paths)
  }

  /**
   * Reads lines from `start` on, as many as are plain, and returns where the next one begins. There is a newline at
   * `last`, and none behind it.
   */
  read(bytes: Uint8Array, start: number, last: number): number {
    let line = start
    this.count = 0
    while (line < last && this.#line(bytes, line, last)) {
      line = this.#at + 1
      this.count++
    }
    return line
  }

  /** Reads the line at `start` up to its newline; false when it is not plain, and then nothing has changed. */
  #line(bytes: Uint8Array, start: number, last: number): boolean {
    if (!this.#path.read(bytes, start)) return false
    this.#at = this.#path.end + 1
    const size = this.#number(bytes, SPACE, DIGITS_MAX)
    if (size < 0) return false
    const mode = this.#mode(bytes)
    if (mode < 0) return false
    const nlink = this.#number(bytes, SPACE, DIGITS_MAX)
    if (nlink < 0 || nlink > UINT32_MAX) return false
    const uid = this.#number(bytes, SPACE, DIGITS_MAX)
    if (uid < 0 || uid > UINT32_MAX) return false
    const gid = this.#number(bytes, SPACE, DIGITS_MAX)
    if (gid < 0 || gid > UINT32_MAX) return false
    const rdev = this.#number(bytes, SPACE, DIGITS_MAX)
    if (rdev < 0 || rdev > UINT32_MAX) return false
    const seconds = this.#number(bytes, DOT, DIGITS_MAX)
    if (seconds < 0) return false
    const nanoseconds = this.#number(bytes, SPACE, FRACTION_DIGITS_MAX)
    if (nanoseconds < 0) return false
    const type = mode & TYPE_MASK
    if (type === TYPE_CHR || type === TYPE_BLK ? rdev === 0 : rdev !== 0) return false
    if (!this.#data(bytes, type, size, last)) return false
    const set = this.#xattrSet(bytes)
    if (set < 0) return false
    const inode = this.#add(bytes, mode)
    if (inode === -1) return false
    const { inodes } = this.#store
    const high = seconds <= UINT32_MAX ? 0 : Math.floor(seconds / 2 ** 32)
    inodes.uid[inode] = uid
    inodes.gid[inode] = gid
    inodes.mtimeLow[inode] = seconds - high * 2 ** 32
    inodes.mtimeHigh[inode] = high
    inodes.mtimeNanoseconds[inode] = nanoseconds
    inodes.xattrSet[inode] = set
    this.#setContent(bytes, inode, size, rdev)
    return true
  }

  /** Reads digits up to `stop` and goes behind it; -1 when there is anything else. */
  #number(bytes: Uint8Array, stop: number, digitsMax: number): number {
    const start = this.#at
    let at = start
    let value = 0
    let digit = (bytes[at] as number) - DIGIT_0
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit
      digit = (bytes[++at] as number) - DIGIT_0
    }
    this.#at = at + 1
    return bytes[at] === stop && at > start && at - start <= digitsMax ? value : -1
  }

  /** As #number, in octal. */
  #mode(bytes: Uint8Array): number {
    const start = this.#at
    let at = start
    let value = 0
    let digit = (bytes[at] as number) - DIGIT_0
    while (digit >= 0 && digit <= 7) {
      value = (value << 3) | digit
      digit = (bytes[++at] as number) - DIGIT_0
    }
    this.#at = at + 1
    return bytes[at] === SPACE && at > start && at - start <= MODE_DIGITS_MAX ? value : -1
  }

  /** Finds out what the content is, and goes behind DIGEST. */
  #data(bytes: Uint8Array, type: number, size: number, last: number): boolean {
    const start = this.#at
    this.#dataStart = 0
    this.#dataEnd = 0
    if (bytes[start] === DASH && bytes[start + 1] === SPACE) {
      this.#at = start + 2
      if (type === TYPE_REGULAR) return this.#inline(bytes, size)
      const content = contentOfType(type)
      if (content === undefined) return false
      this.#content = content
      return this.#noContent(bytes) && this.#noDigest(bytes)
    }
    if (type === TYPE_REGULAR) {
      this.#at = readObject(bytes, start, last, this.#digest)
      this.#content = ContentCode.external
      return this.#at >= 0
    }
    this.#content = ContentCode.symlink
    if (type !== TYPE_SYMLINK || !this.#text(bytes)) return false
    return this.#noContent(bytes) && this.#noDigest(bytes)
  }

  /** CONTENT and DIGEST of a file that is no object. */
  #inline(bytes: Uint8Array, size: number): boolean {
    if (this.#noContent(bytes)) {
      this.#content = size === 0 ? ContentCode.inline : ContentCode.sparse
      return this.#noDigest(bytes)
    }
    this.#content = ContentCode.inline
    return this.#text(bytes) && this.#dataEnd - this.#dataStart === size && this.#noDigest(bytes)
  }

  /** Takes a field without escapes as the data of the inode. */
  #text(bytes: Uint8Array): boolean {
    const start = this.#at
    let at = start
    while ((bytes[at] as number) > SPACE && bytes[at] !== BACKSLASH) at++
    this.#dataStart = start
    this.#dataEnd = at
    this.#at = at + 1
    return at > start && bytes[at] === SPACE
  }

  /** Goes behind a CONTENT of none, if it is that. */
  #noContent(bytes: Uint8Array): boolean {
    const at = this.#at
    if (bytes[at] !== DASH || bytes[at + 1] !== SPACE) return false
    this.#at = at + 2
    return true
  }

  /** Goes behind a DIGEST of none, if it is that. */
  #noDigest(bytes: Uint8Array): boolean {
    return bytes[this.#at++] === DASH
  }

  /** The set of the xattrs, and goes to the newline behind them; -1 when they were not met lately. */
  #xattrSet(bytes: Uint8Array): XattrSet | -1 {
    if (bytes[this.#at] === NEWLINE) return 0
    if (bytes[this.#at] !== SPACE) return -1
    const set = this.#xattrs.recall(bytes, this.#at + 1)
    this.#at = this.#xattrs.end
    return set
  }

  /** Makes the inode under its path; -1 when its directory is not there, or has the name already. */
  #add(bytes: Uint8Array, mode: number): Inode | -1 {
    const path = this.#path
    const parent = path.directory(bytes)
    if (parent === undefined) return -1
    const bits = mode & (TYPE_MASK | PERMISSION_MASK)
    const inode = this.#store.addInode(parent, path.name, path.nameStart, path.nameEnd, bits)
    if (inode === undefined) return -1
    if (this.#content === ContentCode.directory) path.addDirectory(bytes, inode)
    return inode
  }

  #setContent(bytes: Uint8Array, inode: Inode, size: number, rdev: number): void {
    const { inodes } = this.#store
    const content = this.#content
    if (content === ContentCode.directory) return
    inodes.content[inode] = content
    if (content === ContentCode.external) {
      inodes.size[inode] = size
      this.#store.setData(inode, this.#digest, 0, this.#digest.length)
    } else if (content === ContentCode.device) {
      inodes.dataOffset[inode] = rdev
    } else if (content !== ContentCode.none) {
      const length = this.#dataEnd - this.#dataStart
      inodes.size[inode] = content === ContentCode.symlink ? length : size
      if (length > 0) this.#store.setData(inode, bytes, this.#dataStart, this.#dataEnd)
    }
  }
}

/** What inodes of a type hold that have no data; undefined of a type that has, or is not known. */
function contentOfType(type: number): ContentCode | undefined {
  switch (type) {
    case TYPE_DIRECTORY:
      return ContentCode.directory
    case TYPE_CHR:
    case TYPE_BLK:
      return ContentCode.device
    case TYPE_FIFO:
    case TYPE_SOCKET:
      return ContentCode.none
    default:
      return undefined
  }
}
