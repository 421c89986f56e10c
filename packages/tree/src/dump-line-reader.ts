import { hexDigit, showUtf8 } from '@composefs/bytes'
import { ContentCode } from './content-code.ts'
import { parseOctal, parseSeconds, parseUint64, parseUpTo } from './dump-numbers.ts'
import { DumpPaths } from './dump-paths.ts'
import { DumpFields, FIELD_COUNT, FIELD_NAMES, Field } from './dump-split.ts'
import { DumpXattrs } from './dump-xattrs.ts'
import { TreeError, type TreeErrorCode } from './errors.ts'
import { unescapeRange } from './escape.ts'
import {
  type FileKind,
  type Inode,
  kindOfMode,
  PERMISSIONS,
  ROOT,
  SIZE_MAX,
  TYPE,
} from './inode.ts'
import { readObjectPath, samePath } from './object-path.ts'
import type { TreeStore } from './store.ts'

const UINT32_MAX = 2 ** 32 - 1
const NANOSECONDS_MAX = 999_999_999

const DOT = 0x2e
const DASH = 0x2d
const AT = 0x40

/** Fields a hard link line needs: up to PAYLOAD. */
const HARDLINK_FIELDS = 9

/** Bytes of a field that an error shows. */
const SHOWN = 80

/**
 * Reads one line of a dump after the other into the tables of a tree. Errors do not know the number of the line;
 * `place` tells the field and the path.
 */
export class DumpLineReader {
  hasRoot = false
  readonly #store: TreeStore
  readonly #fields = new DumpFields()
  readonly #paths: DumpPaths
  readonly #xattrs: DumpXattrs
  readonly #seconds = { low: 0, high: 0 }
  #nanoseconds = 0
  #digest: Uint8Array
  /** Unescaped PAYLOAD or CONTENT. */
  #scratch: Uint8Array = new Uint8Array(4096)
  #bytes: Uint8Array = new Uint8Array(0)
  /** The field that is being read: an index of FIELD_NAMES, or beyond. */
  #field = 0

  constructor(store: TreeStore) {
    this.#store = store
    this.#paths = new DumpPaths(store)
    this.#xattrs = new DumpXattrs(store.xattrSets)
    this.#digest = new Uint8Array(store.algorithm.digestSize)
  }

  /** Where the last error was: name of the field, and PATH as it stands in the line. */
  place(): { field: string; path: Uint8Array } {
    const path = this.#bytes.subarray(this.#fields.start[Field.path], this.#fields.end[Field.path])
    return { field: FIELD_NAMES[this.#field] ?? 'xattr', path: path.subarray(0, SHOWN) }
  }

  /** @throws TreeError */
  read(bytes: Uint8Array, start: number, end: number): void {
    const fields = this.#fields
    this.#bytes = bytes
    this.#field = Field.path
    fields.split(bytes, start, end)
    const nul = bytes.subarray(start, end).indexOf(0)
    if (nul !== -1) this.#failAt(start + nul, 'a raw NUL byte')
    this.#field = Field.mode
    const isHardlink = fields.count > Field.mode && bytes[this.#start()] === AT
    const needed = isHardlink ? HARDLINK_FIELDS : FIELD_COUNT
    if (fields.count < needed) {
      this.#field = fields.count
      throw new TreeError('ERR_TREE_DUMP_SYNTAX', 'a field is missing', {
        expected: needed,
        actual: fields.count,
      })
    }
    if (isHardlink) this.#hardlink()
    else this.#entry(end)
  }

  #entry(lineEnd: number): void {
    const { inodes } = this.#store
    const size = this.#uint64(Field.size)
    const mode = this.#mode(0)
    const kind = kindOfMode(mode)
    if (kind === undefined) this.#fail('ERR_TREE_DUMP_SYNTAX', 'a mode without a known type')
    const nlink = this.#number(Field.nlink, UINT32_MAX)
    const uid = this.#number(Field.uid, UINT32_MAX)
    const gid = this.#number(Field.gid, UINT32_MAX)
    const rdev = this.#number(Field.rdev, UINT32_MAX)
    if (kind === 'chr' || kind === 'blk') {
      if (kind === 'chr' && rdev === 0 && nlink > 1) {
        this.#field = Field.nlink
        this.#fail('ERR_TREE_DUMP_CONTRADICTION', 'a whiteout with several links')
      }
    } else if (rdev !== 0) {
      this.#fail('ERR_TREE_DUMP_CONTRADICTION', 'a device number on something else than a device')
    }
    this.#mtime()
    this.#field = FIELD_COUNT
    const set =
      this.#fields.xattrs > lineEnd
        ? 0
        : this.#xattrs.parse(this.#bytes, this.#fields.xattrs, lineEnd)
    const inode = this.#place(mode)
    inodes.uid[inode] = uid
    inodes.gid[inode] = gid
    inodes.mtimeLow[inode] = this.#seconds.low
    inodes.mtimeHigh[inode] = this.#seconds.high
    inodes.mtimeNanoseconds[inode] = this.#nanoseconds
    inodes.xattrSet[inode] = set
    this.#content(inode, kind as FileKind, size, rdev) // #fail does not come back
  }

  /** Makes the inode under its path, or takes the root. */
  #place(mode: number): Inode {
    this.#field = Field.path
    const paths = this.#paths
    paths.read(this.#bytes, this.#start(), this.#end(), this.#hasEscapes())
    if (paths.isRoot) {
      if (this.hasRoot) this.#fail('ERR_TREE_DUMP_ROOT', 'a second root')
      if (kindOfMode(mode) !== 'directory') {
        this.#field = Field.mode
        this.#fail('ERR_TREE_DUMP_ROOT', 'the root is not a directory')
      }
      this.hasRoot = true
      this.#store.inodes.mode[ROOT] = mode & (TYPE | PERMISSIONS)
      return ROOT
    }
    if (!this.hasRoot) this.#fail('ERR_TREE_DUMP_ROOT', 'the first entry is not the root')
    const parent = paths.parent()
    const { bytes, nameStart, end } = paths
    const inode = this.#store.addInode(parent, bytes, nameStart, end, mode & (TYPE | PERMISSIONS))
    if (inode === undefined) this.#fail('ERR_TREE_EXISTS', 'this path is there already')
    return inode as Inode // #fail does not come back
  }

  #hardlink(): void {
    const kind = kindOfMode(this.#mode(1))
    if (kind === undefined) this.#fail('ERR_TREE_DUMP_SYNTAX', 'a mode without a known type')
    if (kind === 'directory') this.#fail('ERR_TREE_BAD_LINK', 'a hard link that is a directory')
    this.#field = Field.payload
    if (this.#isNone()) this.#fail('ERR_TREE_BAD_LINK', 'a hard link without a target')
    const target = this.#paths.resolve(this.#unescapedField())
    if (target === undefined) this.#fail('ERR_TREE_BAD_LINK', 'no such path above this line')
    const leaf = target as Inode // #fail does not come back
    const { inodes } = this.#store
    if (this.#store.isDirectory(leaf)) this.#fail('ERR_TREE_BAD_LINK', 'a hard link to a directory')
    const isDevice = inodes.content[leaf] === ContentCode.device
    if (
      isDevice &&
      inodes.dataOffset[leaf] === 0 &&
      kindOfMode(inodes.mode[leaf] as number) === 'chr'
    ) {
      this.#fail('ERR_TREE_BAD_LINK', 'a hard link to a whiteout')
    }
    this.#field = Field.path
    const paths = this.#paths
    paths.read(this.#bytes, this.#start(), this.#end(), this.#hasEscapes())
    if (paths.isRoot) this.#fail('ERR_TREE_DUMP_ROOT', 'the root is a hard link')
    const { bytes, nameStart, end } = paths
    if (!this.#store.addLink(paths.parent(), bytes, nameStart, end, leaf)) {
      this.#fail('ERR_TREE_EXISTS', 'this path is there already')
    }
  }

  #content(inode: Inode, kind: FileKind, size: number, rdev: number): void {
    const { inodes } = this.#store
    if (kind !== 'regular') {
      for (const field of [Field.content, Field.digest]) {
        this.#field = field
        if (!this.#isNone()) this.#fail('ERR_TREE_DUMP_CONTRADICTION', `a ${kind} with content`)
      }
    }
    this.#field = Field.payload
    switch (kind) {
      case 'regular':
        this.#regular(inode, size)
        return
      case 'symlink': {
        if (this.#isNone()) this.#fail('ERR_TREE_BAD_CONTENT', 'a symlink without a target')
        const target = this.#unescapedField()
        if (target.length === 0) this.#fail('ERR_TREE_BAD_CONTENT', 'an empty symlink target')
        inodes.content[inode] = ContentCode.symlink
        inodes.size[inode] = target.length
        this.#storeData(inode, target)
        return
      }
      case 'chr':
      case 'blk':
        inodes.content[inode] = ContentCode.device
        inodes.dataOffset[inode] = rdev
        break
      case 'fifo':
      case 'socket':
        inodes.content[inode] = ContentCode.none
    }
    // Ignored, but it must be well-formed.
    if (!this.#isNone()) this.#unescapedField()
  }

  #regular(inode: Inode, size: number): void {
    const { inodes } = this.#store
    const hasPayload = !this.#isNone()
    this.#field = Field.digest
    const hasDigest = !this.#isNone()
    this.#field = Field.content
    const hasContent = !this.#isNone()
    if (hasContent && (hasPayload || hasDigest)) {
      this.#fail('ERR_TREE_DUMP_CONTRADICTION', 'both content and an object')
    }
    if (hasContent) {
      this.#inline(inode, size)
      return
    }
    this.#field = Field.digest
    if (hasDigest && !hasPayload) {
      this.#fail('ERR_TREE_DUMP_CONTRADICTION', 'a digest without a payload')
    }
    if (size > SIZE_MAX) {
      this.#field = Field.size
      this.#fail('ERR_TREE_BAD_CONTENT', `a file larger than ${SIZE_MAX} bytes`)
    }
    inodes.size[inode] = size
    if (hasPayload) this.#external(inode, hasDigest)
    else inodes.content[inode] = size === 0 ? ContentCode.inline : ContentCode.sparse
  }

  #inline(inode: Inode, size: number): void {
    const { inodes } = this.#store
    const data = this.#unescapedField(true)
    if (data.length !== size) {
      throw new TreeError('ERR_TREE_DUMP_CONTRADICTION', `content of ${data.length} bytes`, {
        expected: size,
        actual: data.length,
      })
    }
    inodes.content[inode] = ContentCode.inline
    inodes.size[inode] = size
    this.#storeData(inode, data)
  }

  #external(inode: Inode, hasDigest: boolean): void {
    const { inodes } = this.#store
    this.#field = Field.payload
    const payload = this.#unescapedField()
    if (payload.length === 0) this.#fail('ERR_TREE_BAD_CONTENT', 'an empty payload')
    const digest = this.#digest
    if (!hasDigest) {
      const isObject = readObjectPath(payload, digest)
      inodes.content[inode] = isObject ? ContentCode.noVerityObject : ContentCode.noVerityPayload
      this.#storeData(inode, isObject ? digest : payload)
      return
    }
    this.#field = Field.digest
    this.#readDigest()
    if (samePath(payload, digest)) {
      inodes.content[inode] = ContentCode.external
      this.#storeData(inode, digest)
      return
    }
    inodes.content[inode] = ContentCode.externalPayload
    const at = this.#store.allocateData(inode, digest.length + payload.length)
    this.#store.data.bytes.set(digest, at)
    this.#store.data.bytes.set(payload, at + digest.length)
  }

  #readDigest(): void {
    const bytes = this.#bytes
    const digest = this.#digest
    const at = this.#start()
    const digits = this.#end() - at
    if (digits !== digest.length * 2) {
      throw new TreeError('ERR_TREE_DUMP_SYNTAX', `a digest of ${digits} digits`, {
        expected: digest.length * 2,
        actual: digits,
      })
    }
    for (let i = 0; i < digest.length; i++) {
      const high = hexDigit(bytes[at + 2 * i] as number)
      const low = hexDigit(bytes[at + 2 * i + 1] as number)
      if (high < 0 || low < 0)
        this.#fail('ERR_TREE_DUMP_SYNTAX', 'a digest that is not hexadecimal')
      digest[i] = (high << 4) | low
    }
  }

  #storeData(inode: Inode, data: Uint8Array): void {
    const at = this.#store.allocateData(inode, data.length)
    const out = this.#store.data.bytes
    if (data.length > 128) out.set(data, at)
    else for (let i = 0; i < data.length; i++) out[at + i] = data[i] as number
  }

  /** The mode after `skip` bytes of its field. */
  #mode(skip: number): number {
    this.#field = Field.mode
    const mode = parseOctal(this.#bytes, this.#start() + skip, this.#end())
    if (mode < 0) this.#fail('ERR_TREE_DUMP_SYNTAX', 'not an octal number')
    return mode
  }

  #number(field: number, max: number): number {
    this.#field = field
    const value = parseUpTo(this.#bytes, this.#start(), this.#end(), max)
    if (value < 0) this.#fail('ERR_TREE_DUMP_SYNTAX', `not a decimal number up to ${max}`)
    return value
  }

  #uint64(field: number): number {
    this.#field = field
    const value = parseUint64(this.#bytes, this.#start(), this.#end())
    if (value < 0) this.#fail('ERR_TREE_DUMP_SYNTAX', 'not a decimal number of 64 bits')
    return value
  }

  #mtime(): void {
    this.#field = Field.mtime
    const end = this.#end()
    const start = this.#start()
    let dot = start
    while (dot < end && this.#bytes[dot] !== DOT) dot++
    if (dot === end) this.#fail('ERR_TREE_DUMP_SYNTAX', 'a time without a dot')
    if (!parseSeconds(this.#bytes, start, dot, this.#seconds)) {
      this.#fail('ERR_TREE_DUMP_SYNTAX', 'seconds that are not a number of 64 bits')
    }
    this.#nanoseconds = parseUpTo(this.#bytes, dot + 1, end, NANOSECONDS_MAX)
    if (this.#nanoseconds < 0) {
      this.#fail('ERR_TREE_DUMP_SYNTAX', `nanoseconds that are no number up to ${NANOSECONDS_MAX}`)
    }
  }

  /** The current field without its escapes, valid until the next call. Only CONTENT may hold a NUL. */
  #unescapedField(allowsNul = false): Uint8Array {
    const start = this.#start()
    const end = this.#end()
    if (!this.#hasEscapes()) return this.#bytes.subarray(start, end)
    if (this.#scratch.length < end - start) this.#scratch = new Uint8Array((end - start) * 2)
    const length = unescapeRange(this.#bytes, start, end, this.#scratch, 0)
    if (length < 0) this.#fail('ERR_TREE_DUMP_SYNTAX', 'an escape that is unknown or cut off')
    const field = this.#scratch.subarray(0, length)
    if (!allowsNul && field.includes(0)) this.#fail('ERR_TREE_DUMP_SYNTAX', 'an escaped NUL')
    return field
  }

  /** True for a dash alone. */
  #isNone(): boolean {
    const start = this.#start()
    return this.#end() - start === 1 && this.#bytes[start] === DASH
  }

  #hasEscapes(): boolean {
    return ((this.#fields.escapes >> this.#field) & 1) === 1
  }

  #start(): number {
    return this.#fields.start[this.#field] as number
  }

  #end(): number {
    return this.#fields.end[this.#field] as number
  }

  #fail(code: TreeErrorCode, message: string): never {
    const text = showUtf8(this.#bytes.subarray(this.#start(), this.#end()).subarray(0, SHOWN))
    throw new TreeError(code, `${message}: ${text}`, { actual: text })
  }

  /** Fails at the field that holds the byte at `at`. */
  #failAt(at: number, message: string): never {
    const { count, end } = this.#fields
    this.#field = 0
    while (this.#field < count && at >= (end[this.#field] as number)) this.#field++
    throw new TreeError('ERR_TREE_DUMP_SYNTAX', message)
  }
}
