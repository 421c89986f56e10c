import { TreeError } from './errors.ts'
import type { Inode } from './inode.ts'

const FIRST_CAPACITY = 64

/** Most inodes of a tree: numbers are 32-bit, and typed arrays of this length exist everywhere. */
const INODES_MAX = 2 ** 31 - 1

/** The columns of a tree's inodes: one typed array a field, 48 bytes an inode. */
export class InodeTable {
  /** Numbers given out. */
  count = 0
  #capacity = FIRST_CAPACITY

  /** Type and permission bits. */
  mode = new Uint16Array(FIRST_CAPACITY)
  content = new Uint8Array(FIRST_CAPACITY)
  /** Directories: 1 when their names are in the hash table. */
  isHashed = new Uint8Array(FIRST_CAPACITY)
  uid = new Uint32Array(FIRST_CAPACITY)
  gid = new Uint32Array(FIRST_CAPACITY)
  /** Low and high half of the seconds in two's complement: a bigint per entry would cost more than the entry. */
  mtimeLow = new Uint32Array(FIRST_CAPACITY)
  mtimeHigh = new Uint32Array(FIRST_CAPACITY)
  mtimeNanoseconds = new Uint32Array(FIRST_CAPACITY)
  /** Directories: 2 + subdirectories; leaves: names. */
  nlink = new Uint32Array(FIRST_CAPACITY)
  xattrSet = new Uint32Array(FIRST_CAPACITY)
  /** Leaves: bytes. Directories: the name of the directory itself. */
  size = new Float64Array(FIRST_CAPACITY)
  /** Leaves: place in `data`, or the device number. Directories: the first name in it. */
  dataOffset = new Uint32Array(FIRST_CAPACITY)
  /** Leaves: length in `data`. Directories: the last name in it. */
  dataLength = new Uint32Array(FIRST_CAPACITY)

  /** The next number; its columns are zeros. */
  add(): Inode {
    if (this.count === this.#capacity) this.#grow()
    return this.count++
  }

  setSeconds(inode: Inode, seconds: bigint): void {
    const value = Number(seconds)
    if (Number.isSafeInteger(value)) {
      // Nearly all of them, and no bigint is made.
      const high = Math.floor(value / 2 ** 32)
      this.mtimeLow[inode] = value - high * 2 ** 32
      this.mtimeHigh[inode] = high
    } else {
      this.mtimeLow[inode] = Number(BigInt.asUintN(32, seconds))
      this.mtimeHigh[inode] = Number(BigInt.asUintN(32, seconds >> 32n))
    }
  }

  #grow(): void {
    const capacity = Math.min(INODES_MAX, Math.ceil(this.#capacity * 1.5))
    if (capacity === this.#capacity) throw new TreeError('ERR_TREE_TOO_LARGE', 'too many inodes')
    this.mode = new Uint16Array(moved(this.mode, capacity))
    this.content = new Uint8Array(moved(this.content, capacity))
    this.isHashed = new Uint8Array(moved(this.isHashed, capacity))
    this.uid = new Uint32Array(moved(this.uid, capacity))
    this.gid = new Uint32Array(moved(this.gid, capacity))
    this.mtimeLow = new Uint32Array(moved(this.mtimeLow, capacity))
    this.mtimeHigh = new Uint32Array(moved(this.mtimeHigh, capacity))
    this.mtimeNanoseconds = new Uint32Array(moved(this.mtimeNanoseconds, capacity))
    this.nlink = new Uint32Array(moved(this.nlink, capacity))
    this.xattrSet = new Uint32Array(moved(this.xattrSet, capacity))
    this.size = new Float64Array(moved(this.size, capacity))
    this.dataOffset = new Uint32Array(moved(this.dataOffset, capacity))
    this.dataLength = new Uint32Array(moved(this.dataLength, capacity))
    this.#capacity = capacity
  }
}

/** Copies a column into its larger successor. */
export function grown<T extends { set(from: ArrayLike<number>): void } & ArrayLike<number>>(
  from: ArrayLike<number>,
  to: T,
): T {
  to.set(from)
  return to
}

/**
 * Moves a column to a longer buffer, and gives the old one back at once: left to the garbage collector, all old ones
 * together would be as large as the tree. Nobody may have kept the column.
 */
export function moved(
  column: { readonly buffer: ArrayBuffer; readonly BYTES_PER_ELEMENT: number },
  length: number,
): ArrayBuffer {
  return column.buffer.transfer(length * column.BYTES_PER_ELEMENT)
}
