import { ContentCode } from './content-code.ts'
import { DumpContent } from './dump-content.ts'
import { DumpCursor, UINT32_MAX } from './dump-cursor.ts'
import { DumpPaths } from './dump-paths.ts'
import { PlainLines } from './dump-plain-lines.ts'
import { FIELD_COUNT, Field } from './dump-split.ts'
import { DumpXattrs } from './dump-xattrs.ts'
import { TreeError } from './errors.ts'
import { type FileKind, type Inode, ROOT } from './inode.ts'
import { kindOfMode, PERMISSION_MASK, TYPE_CHR, TYPE_MASK } from './mode.ts'
import type { TreeStore } from './store.ts'

const AT = 0x40

/** Fields a hard link line needs: up to PAYLOAD. */
const HARDLINK_FIELDS = 9

/**
 * Reads one line of a dump after the other into the tables of a tree. Errors do not know the number of the line;
 * `place` tells the field and the path.
 */
export class DumpLineReader {
  hasRoot = false
  readonly #store: TreeStore
  readonly #line: DumpCursor
  readonly #paths: DumpPaths
  readonly #xattrs: DumpXattrs
  readonly #content: DumpContent
  readonly #plain: PlainLines

  constructor(store: TreeStore) {
    this.#store = store
    this.#line = new DumpCursor(store.algorithm.digestSize)
    this.#paths = new DumpPaths(store)
    this.#xattrs = new DumpXattrs(store.xattrSets)
    this.#content = new DumpContent(store, this.#line)
    this.#plain = new PlainLines(store, this.#paths, this.#xattrs)
  }

  /** Where the last error was. */
  place(): { field: string; path: string } {
    return this.#line.place()
  }

  /**
   * Reads the lines from `start` on that need no closer look, none of which is wrong, and returns where the next one
   * begins. There is a newline at `last`, and none behind it.
   */
  readPlain(bytes: Uint8Array, start: number, last: number): { next: number; lines: number } {
    if (!this.hasRoot) return { next: start, lines: 0 }
    const next = this.#plain.read(bytes, start, last)
    return { next, lines: this.#plain.count }
  }

  /** @throws TreeError */
  read(bytes: Uint8Array, start: number, end: number): void {
    const line = this.#line
    line.open(bytes, start, end)
    const { count } = line.fields
    line.field = Field.mode
    const isHardlink = count > Field.mode && bytes[line.start] === AT
    const needed = isHardlink ? HARDLINK_FIELDS : FIELD_COUNT
    if (count < needed) {
      line.field = count
      const facts = { expected: needed, actual: count }
      throw new TreeError('ERR_TREE_DUMP_SYNTAX', 'a field is missing', facts)
    }
    if (isHardlink) this.#hardlink()
    else this.#entry(end)
  }

  /**
   * Refuses a raw NUL in the line that was read.
   *
   * @throws TreeError ERR_TREE_DUMP_SYNTAX
   */
  assertNoNul(bytes: Uint8Array, start: number, end: number): void {
    const nul = bytes.subarray(start, end).indexOf(0)
    if (nul === -1) return
    const line = this.#line
    const { count, end: ends } = line.fields
    line.field = 0
    while (line.field < count && start + nul >= (ends[line.field] as number)) line.field++
    throw new TreeError('ERR_TREE_DUMP_SYNTAX', 'a raw NUL byte')
  }

  #entry(lineEnd: number): void {
    const { inodes } = this.#store
    const line = this.#line
    const size = line.uint64(Field.size)
    const mode = line.mode(0)
    const kind = this.#kind(mode)
    const nlink = line.number(Field.nlink, UINT32_MAX)
    const uid = line.number(Field.uid, UINT32_MAX)
    const gid = line.number(Field.gid, UINT32_MAX)
    const rdev = line.number(Field.rdev, UINT32_MAX)
    this.#assertRdev(kind, rdev, nlink)
    line.time()
    line.field = FIELD_COUNT
    const { xattrs } = line.fields
    const set = xattrs > lineEnd ? 0 : this.#xattrs.parse(line.bytes, xattrs, lineEnd)
    const inode = this.#add(mode)
    inodes.uid[inode] = uid
    inodes.gid[inode] = gid
    inodes.mtimeLow[inode] = line.seconds.low
    inodes.mtimeHigh[inode] = line.seconds.high
    inodes.mtimeNanoseconds[inode] = line.nanoseconds
    inodes.xattrSet[inode] = set
    this.#content.read(inode, kind, size, rdev)
  }

  #kind(mode: number): FileKind {
    return (
      kindOfMode(mode) ?? this.#line.fail('ERR_TREE_DUMP_SYNTAX', 'a mode without a known type')
    )
  }

  #assertRdev(kind: FileKind, rdev: number, nlink: number): void {
    if (kind !== 'chr' && kind !== 'blk') {
      if (rdev === 0) return
      this.#line.fail('ERR_TREE_DUMP_CONTRADICTION', `a device number on a ${kind}`)
    }
    if (kind === 'blk' || rdev !== 0 || nlink <= 1) return
    this.#line.field = Field.nlink
    this.#line.fail('ERR_TREE_DUMP_CONTRADICTION', 'a whiteout with several links')
  }

  /** Makes the inode under its path, or takes the root. */
  #add(mode: number): Inode {
    const paths = this.#readPath()
    const bits = mode & (TYPE_MASK | PERMISSION_MASK)
    if (paths.isRoot) {
      if (this.hasRoot) this.#line.fail('ERR_TREE_DUMP_ROOT', 'a second root')
      if (kindOfMode(mode) !== 'directory') {
        this.#line.field = Field.mode
        this.#line.fail('ERR_TREE_DUMP_ROOT', 'the root is not a directory')
      }
      this.hasRoot = true
      this.#store.inodes.mode[ROOT] = bits
      return ROOT
    }
    if (!this.hasRoot) this.#line.fail('ERR_TREE_DUMP_ROOT', 'the first entry is not the root')
    const parent = paths.parent()
    const inode = this.#store.addInode(parent, paths.bytes, paths.nameStart, paths.end, bits)
    if (inode === undefined) this.#line.fail('ERR_TREE_EXISTS', 'this path is there already')
    if (kindOfMode(mode) === 'directory') paths.makeDirectory(inode)
    return inode
  }

  #hardlink(): void {
    const line = this.#line
    if (this.#kind(line.mode(1)) === 'directory') {
      line.fail('ERR_TREE_BAD_LINK', 'a hard link that is a directory')
    }
    const target = this.#linkTarget()
    const paths = this.#readPath()
    if (paths.isRoot) line.fail('ERR_TREE_DUMP_ROOT', 'the root is a hard link')
    const parent = paths.parent()
    if (!this.#store.addLink(parent, paths.bytes, paths.nameStart, paths.end, target)) {
      line.fail('ERR_TREE_EXISTS', 'this path is there already')
    }
  }

  #linkTarget(): Inode {
    const line = this.#line
    if (line.isNone(Field.payload)) {
      line.fail('ERR_TREE_BAD_LINK', 'a hard link without a target')
    }
    const target =
      this.#paths.resolve(line.unescaped(Field.payload)) ??
      line.fail('ERR_TREE_BAD_LINK', 'no such path above this line')
    const { content, dataOffset, mode } = this.#store.inodes
    if (this.#store.isDirectory(target)) {
      line.fail('ERR_TREE_BAD_LINK', 'a hard link to a directory')
    }
    const isDevice = content[target] === ContentCode.device
    if (
      isDevice &&
      dataOffset[target] === 0 &&
      ((mode[target] as number) & TYPE_MASK) === TYPE_CHR
    ) {
      line.fail('ERR_TREE_BAD_LINK', 'a hard link to a whiteout')
    }
    return target
  }

  #readPath(): DumpPaths {
    const line = this.#line
    line.field = Field.path
    this.#paths.read(line.bytes, line.start, line.end, line.hasEscapes)
    return this.#paths
  }
}
