import { concatBytes, showUtf8 } from '@composefs/bytes'
import { DEPTH_MAX, TYPE_MASK } from '@composefs/tree'
import { type DirectoryEntry, readDirectory } from './directory.ts'
import { ErofsError } from './errors.ts'
import { FILE_TYPES, SLOT_SIZE } from './format.ts'
import { claimedBytes, type ErofsInode, inodeError, readInode } from './inode.ts'
import { STUB_COUNT, stubNumber } from './stubs.ts'
import type { ImageBytes } from './superblock.ts'

/** One name of an image. */
export interface ImageEntry {
  /** The last component, empty for the root. Aliases the image. */
  readonly name: Uint8Array
  readonly inode: ErofsInode
  /** The directory that the name is in; the root is in itself. */
  readonly parentNid: number
  /** False for the second and later names of a leaf. */
  readonly isFirstName: boolean
  /** V0 and V1: a whiteout that the image has in its root and the tree has not. */
  readonly isStub: boolean
  /** Path from the root, valid until the next entry is asked for. */
  path(): Uint8Array
  /** The error about this entry, with its path. */
  locate(error: ErofsError): ErofsError
}

interface Level {
  readonly directory: ErofsInode
  readonly entries: Iterator<DirectoryEntry>
  readonly name: Uint8Array
  subdirectories: number
}

const NOTHING = new Uint8Array(0)
const SLASH = Uint8Array.of(0x2f)

/**
 * Every name of an image, depth first, root first, the names of a directory in bytes order, with every check that
 * needs more than one inode. Some of them come last, so an image is only good when the walk has come to its end.
 *
 * The work is bounded by the size of the image, however the image is made: no directory is read twice, and what
 * inodes take of the image together cannot be more than the image.
 *
 * @throws ErofsError any code of the reader, with the path where one is known
 */
export function* walkImage(image: ImageBytes): Generator<ImageEntry> {
  const walk = new ImageWalk(image)
  yield walk.root()
  for (;;) {
    const entry = walk.next()
    if (entry === undefined) return
    yield entry
  }
}

class ImageWalk {
  readonly #image: ImageBytes
  /** The directories on the way down. No recursion: depth is up to whoever made the image. */
  readonly #levels: Level[] = []
  /** How many names lead to the inode at each slot. */
  readonly #names: Uint32Array
  #unclaimed: number
  #stubNames = 0
  /** The name that is being looked at. */
  #name: Uint8Array = NOTHING

  constructor(image: ImageBytes) {
    this.#image = image
    this.#names = new Uint32Array(Math.ceil(image.bytes.length / SLOT_SIZE))
    this.#unclaimed = image.bytes.length
  }

  root(): ImageEntry {
    const { rootNid } = this.#image
    const inode = readInode(this.#image, rootNid)
    if (inode.kind !== 'directory') {
      throw inodeError('ERR_EROFS_BAD_INODE', rootNid, 'the root is not a directory')
    }
    this.#claim(inode)
    this.#enter(inode, NOTHING, rootNid)
    return this.#entry(NOTHING, inode, rootNid)
  }

  next(): ImageEntry | undefined {
    for (;;) {
      const level = this.#levels[this.#levels.length - 1]
      if (level === undefined) {
        this.#assertLeafNames()
        return undefined
      }
      const entry = this.#advance(level)
      if (entry !== undefined) return entry
    }
  }

  /** The next entry of a directory, or undefined at its end. */
  #advance(level: Level): ImageEntry | undefined {
    this.#name = NOTHING
    try {
      const next = level.entries.next()
      if (!next.done) return this.#follow(level, next.value)
      this.#leave(level)
      return undefined
    } catch (error) {
      throw error instanceof ErofsError ? this.#locate(error) : error
    }
  }

  #follow(level: Level, { fileType, name, nid }: DirectoryEntry): ImageEntry {
    this.#name = name
    const inode = readInode(this.#image, nid)
    if (FILE_TYPES[(inode.mode & TYPE_MASK) >> 12] !== fileType) {
      const facts = { actual: fileType }
      throw inodeError('ERR_EROFS_BAD_DIRECTORY', nid, `a ${inode.kind} as another type`, facts)
    }
    const isRoot = this.#levels.length === 1
    if (isRoot && stubNumber(name) >= 0) this.#stubNames++
    const names = this.#names[nid] as number
    if (names > 0) {
      if (inode.kind === 'directory') {
        throw inodeError('ERR_EROFS_LOOP', nid, 'a directory that is reached twice')
      }
      this.#names[nid] = names + 1
      if (names + 1 > inode.nlink) throw linkCountError(inode, names + 1)
      return this.#entry(name, inode, level.directory.nid, false)
    }
    this.#claim(inode)
    const isStub = this.#isStub(inode, name, isRoot)
    if (inode.kind === 'directory') {
      level.subdirectories++
      this.#enter(inode, name, level.directory.nid)
    }
    return this.#entry(name, inode, level.directory.nid, true, isStub)
  }

  #entry(
    name: Uint8Array,
    inode: ErofsInode,
    parentNid: number,
    isFirstName = true,
    isStub = false,
  ): ImageEntry {
    return {
      name,
      inode,
      parentNid,
      isFirstName,
      isStub,
      path: () => this.#path(),
      locate: error => this.#locate(error),
    }
  }

  #enter(directory: ErofsInode, name: Uint8Array, parentNid: number): void {
    if (this.#levels.length > DEPTH_MAX) {
      const problem = `more than ${DEPTH_MAX} directories deep`
      throw inodeError('ERR_EROFS_TOO_DEEP', directory.nid, problem)
    }
    const entries = readDirectory(this.#image, directory, parentNid)
    this.#levels.push({ directory, entries, name, subdirectories: 0 })
    this.#name = NOTHING
  }

  #leave({ directory, subdirectories }: Level): void {
    if (directory.nlink !== 2 + subdirectories) throw linkCountError(directory, 2 + subdirectories)
    if (this.#levels.length === 1 && this.#image.version !== 2 && this.#stubNames < STUB_COUNT) {
      const facts = { expected: STUB_COUNT, actual: this.#stubNames }
      throw inodeError('ERR_EROFS_BAD_WHITEOUT', directory.nid, 'stubs are missing', facts)
    }
    this.#levels.pop()
  }

  /** V0 and V1 have no other whiteouts of this form: those of the tree are escaped. */
  #isStub(inode: ErofsInode, name: Uint8Array, isRoot: boolean): boolean {
    if (this.#image.version === 2 || inode.kind !== 'chr' || inode.rdev !== 0) return false
    if (isRoot && stubNumber(name) >= 0) return true
    throw inodeError('ERR_EROFS_BAD_WHITEOUT', inode.nid, 'a whiteout that is not escaped')
  }

  #claim(inode: ErofsInode): void {
    this.#names[inode.nid] = 1
    this.#unclaimed -= claimedBytes(inode)
    if (this.#unclaimed >= 0) return
    throw inodeError('ERR_EROFS_OVERLAP', inode.nid, 'inodes take more than the image has')
  }

  #assertLeafNames(): void {
    const names = this.#names
    for (let nid = 0; nid < names.length; nid++) {
      const count = names[nid] as number
      if (count === 0) continue
      const inode = readInode(this.#image, nid)
      if (inode.kind !== 'directory' && inode.nlink !== count) throw linkCountError(inode, count)
    }
  }

  #locate({ cause, code, facts, message }: ErofsError): ErofsError {
    const path = showUtf8(this.#path())
    return new ErofsError(code, `${path}: ${message}`, { ...facts, path }, { cause })
  }

  #path(): Uint8Array {
    const parts: Uint8Array[] = []
    for (const { name } of this.#levels.slice(1)) parts.push(SLASH, name)
    if (this.#name.length > 0) parts.push(SLASH, this.#name)
    return parts.length === 0 ? SLASH : concatBytes(parts)
  }
}

function linkCountError(inode: ErofsInode, expected: number): ErofsError {
  const facts = { expected, actual: inode.nlink }
  const problem = `a link count of ${inode.nlink} with ${expected} links`
  return inodeError('ERR_EROFS_BAD_LINK_COUNT', inode.nid, problem, facts)
}
