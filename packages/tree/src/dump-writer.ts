import { ContentCode } from './content-code.ts'
import { DumpBuffer } from './dump-buffer.ts'
import { writeHardlink, writeXattrs } from './dump-line.ts'
import { type Inode, ROOT } from './inode.ts'
import type { NameIndex } from './name-table.ts'
import type { TreeStore } from './store.ts'
import { type FileTree, storeOf } from './tree.ts'
import type { XattrSet } from './xattr-sets.ts'

/** Size from which a piece of the dump is handed out, in bytes. */
const PIECE = 64 * 1024

const SLASH = 0x2f
const DASH = 0x2d
const DOT = 0x2e
const NEWLINE = 0x0a

/** Seconds whose high half is below this are exact as a number. */
const HIGH_SAFE = 2 ** 21

/** What of a tree is written. */
export interface WriteDumpOptions {
  /**
   * Names in the root: only these and all below them are written after the root line. A hard link whose first
   * name is left out is written as the first.
   */
  readonly filter?: readonly Uint8Array[]
}

/**
 * The dump file of a tree in canonical form, in pieces of about 64 KiB: depth first, root first, the names of a
 * directory in bytes order. The tree must not change meanwhile.
 *
 * @example
 * for (const piece of writeDump(tree)) process.stdout.write(piece)
 */
export function* writeDump(
  tree: FileTree,
  options: WriteDumpOptions = {},
): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const store = storeOf(tree)
  const writer = new DumpWriter(store)
  writer.root()
  const { inodes, names } = store
  // No recursion: depth is up to whoever wrote the tree.
  const pending: Iterator<NameIndex>[] = [topLevel(tree, options.filter)]
  while (pending.length > 0) {
    const step = (pending[pending.length - 1] as Iterator<NameIndex>).next()
    if (step.done === true) {
      pending.pop()
      writer.leave()
      continue
    }
    const inode = names.inode[step.value] as number
    writer.entry(step.value, inode)
    if ((inodes.content[inode] as number) <= ContentCode.unsortedDirectory) {
      writer.enter(step.value)
      pending.push(tree.nameIndexes(inode))
    }
    if (writer.buffer.length >= PIECE) yield writer.buffer.take()
  }
  if (writer.buffer.length > 0) yield writer.buffer.take()
}

function* topLevel(
  tree: FileTree,
  filter: readonly Uint8Array[] | undefined,
): Generator<NameIndex, void, undefined> {
  if (filter === undefined) return yield* tree.nameIndexes(ROOT)
  const wanted = new Set<NameIndex>()
  for (const name of filter) {
    const index = tree.findName(ROOT, name)
    if (index !== undefined) wanted.add(index)
  }
  for (const index of tree.nameIndexes(ROOT)) if (wanted.has(index)) yield index
}

/** Writes lines straight from the columns of a tree. */
class DumpWriter {
  readonly buffer = new DumpBuffer(PIECE * 2)
  readonly #store: TreeStore
  /** The escaped path of the directory that the walk is in, without a slash at its end. */
  readonly #path = new DumpBuffer(256)
  /** Lengths of the paths of the directories above. */
  readonly #lengths: number[] = []
  /** Of leaves with several names: the first. */
  readonly #firstNames = new Map<Inode, NameIndex>()
  /** The fields of the set of xattrs that was written last: neighbours mostly have the same. */
  readonly #xattrs = new DumpBuffer(256)
  #xattrSet: XattrSet = 0

  constructor(store: TreeStore) {
    this.#store = store
  }

  root(): void {
    this.buffer.byte(SLASH)
    this.#fields(ROOT)
  }

  enter(name: NameIndex): void {
    this.#lengths.push(this.#path.length)
    this.#writeName(this.#path, name)
  }

  leave(): void {
    this.#path.truncate(this.#lengths.pop() ?? 0)
  }

  entry(name: NameIndex, inode: Inode): void {
    this.buffer.append(this.#path)
    this.#writeName(this.buffer, name)
    const first = this.#firstName(name, inode)
    if (first === name) this.#fields(inode)
    else writeHardlink(this.buffer, this.#store.namePath(first))
  }

  #firstName(name: NameIndex, inode: Inode): NameIndex {
    if (this.#store.inodes.nlink[inode] === 1 || this.#store.isDirectory(inode)) return name
    const known = this.#firstNames.get(inode)
    if (known !== undefined) return known
    this.#firstNames.set(inode, name)
    return name
  }

  #writeName(buffer: DumpBuffer, name: NameIndex): void {
    const { names } = this.#store
    const at = names.offset[name] as number
    buffer.byte(SLASH)
    buffer.escaped(names.arena.bytes, at, at + (names.length[name] as number))
  }

  #fields(inode: Inode): void {
    const { buffer } = this
    const { inodes } = this.#store
    const content = inodes.content[inode] as ContentCode
    const size = this.#store.isDirectory(inode) ? 0 : (inodes.size[inode] as number)
    const rdev = content === ContentCode.device ? (inodes.dataOffset[inode] as number) : 0
    buffer.space()
    buffer.decimal(size)
    buffer.space()
    buffer.mode(inodes.mode[inode] as number)
    buffer.space()
    buffer.decimal(inodes.nlink[inode] as number)
    buffer.space()
    buffer.decimal(inodes.uid[inode] as number)
    buffer.space()
    buffer.decimal(inodes.gid[inode] as number)
    buffer.space()
    buffer.decimal(rdev)
    buffer.space()
    this.#mtime(inode)
    this.#data(inode, content)
    this.#xattrFields(inodes.xattrSet[inode] as number)
    buffer.byte(NEWLINE)
  }

  #mtime(inode: Inode): void {
    const { mtimeHigh, mtimeLow, mtimeNanoseconds } = this.#store.inodes
    const high = (mtimeHigh[inode] as number) | 0
    const low = mtimeLow[inode] as number
    const { buffer } = this
    if (high >= 0 && high < HIGH_SAFE) buffer.decimal(high * 2 ** 32 + low)
    else buffer.ascii(String((BigInt(high) << 32n) | BigInt(low)))
    buffer.byte(DOT)
    buffer.decimal(mtimeNanoseconds[inode] as number)
    buffer.space()
  }

  /** PAYLOAD, CONTENT and DIGEST. */
  #data(inode: Inode, content: ContentCode): void {
    const { buffer } = this
    const { algorithm, data, inodes } = this.#store
    const bytes = data.bytes
    const at = inodes.dataOffset[inode] as number
    const end = at + (inodes.dataLength[inode] as number)
    switch (content) {
      case ContentCode.inline:
        buffer.ascii('- ')
        buffer.field(bytes.subarray(at, end))
        buffer.ascii(' -')
        return
      case ContentCode.symlink:
      case ContentCode.noVerityPayload:
        buffer.field(bytes.subarray(at, end))
        buffer.ascii(' - -')
        return
      case ContentCode.noVerityObject:
        buffer.objectPath(bytes, at, end)
        buffer.ascii(' - -')
        return
      case ContentCode.external:
        buffer.objectPath(bytes, at, end)
        buffer.ascii(' - ')
        buffer.hex(bytes, at, end)
        return
      case ContentCode.externalPayload:
        buffer.field(bytes.subarray(at + algorithm.digestSize, end))
        buffer.ascii(' - ')
        buffer.hex(bytes, at, at + algorithm.digestSize)
        return
      default:
        buffer.byte(DASH)
        buffer.ascii(' - -')
    }
  }

  #xattrFields(set: XattrSet): void {
    if (set === 0) return
    if (set !== this.#xattrSet) {
      this.#xattrs.truncate(0)
      writeXattrs(this.#xattrs, this.#store.xattrSets.list(set))
      this.#xattrSet = set
    }
    this.buffer.append(this.#xattrs)
  }
}
