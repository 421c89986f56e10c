import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
} from 'node:fs'
import { startsWith } from '@composefs/bytes'
import {
  DEPTH_MAX,
  FileTree,
  INLINE_MAX,
  type Inode,
  type LeafContent,
  type Metadata,
  PERMISSION_MASK,
  ROOT,
  type Xattr,
} from '@composefs/tree'
import { RepositoryError } from './errors.ts'
import type { ObjectStore } from './object-store.ts'
import { named } from './scan-failure.ts'
import { FileReader, StoreFailure } from './scan-file.ts'
import { OpenDirectory, ScanSlots } from './scan-slots.ts'
import type { FileDescriptor, System } from './system.ts'
import { Turns } from './turns.ts'
import type { ObjectIntake } from './work/object-intake.ts'

/** How to read a directory as a tree. */
export interface ScanOptions {
  /** Where files above the inline limit go. Its algorithm is that of the tree. */
  readonly objects: ObjectStore
  /**
   * Lets threads read files, and takes their contents in the place of `objects`, but for large ones. Default: this thread
   * does it all.
   */
  readonly intake?: ObjectIntake | undefined
  readonly system: Pick<System, 'listXattrs' | 'getXattr'>
  /** Largest file that is kept inside the image, in bytes. Default: 64, which image ids depend on. */
  readonly inlineLimit?: number
  /** Which xattrs are read. Default: all that the process can see. */
  readonly xattrs?: 'all' | 'user' | 'none'
  /** `split`: each name of a file gets an inode of its own. Default: they share one. */
  readonly hardlinks?: 'keep' | 'split'
  /** Take every mtime as 0. */
  readonly useEpoch?: boolean
  /** Leave character and block devices out. */
  readonly skipDevices?: boolean
  readonly signal?: AbortSignal | undefined
}

/** Entries after which the event loop gets a turn, so that an abort is seen. */
const TURN = 256

const NANOSECONDS = 1_000_000_000n
const UINT32_MAX = 0xffff_ffffn
const USER = Uint8Array.from('user.', char => char.charCodeAt(0))
const SLASH = Buffer.from('/')

/**
 * Reads a root file system from disk: every file below `path` with its metadata and xattrs, mount points included.
 * Files above the inline limit become objects. A link at `path` itself is an error, but `LINK/` is followed.
 *
 * Every directory is held open and its files are opened relative to it, so that nobody who moves things about
 * meanwhile can lead the scan out of the directory.
 *
 * @throws RepositoryError ERR_REPOSITORY_SCAN_CHANGED, ERR_REPOSITORY_SCAN_UNSUPPORTED; Node-shaped errors of the
 *   file system, with the path
 */
export async function scanDirectory(path: string, options: ScanOptions): Promise<FileTree> {
  const scanner = new DirectoryScanner(options)
  try {
    await scanner.scan(Buffer.from(path))
  } catch (error) {
    throw error instanceof StoreFailure ? error.cause : error
  }
  return scanner.tree
}

/** A directory on the way down. */
interface Level {
  readonly inode: Inode
  readonly directory: OpenDirectory
  /** For people, and for errors. */
  readonly path: Uint8Array
  /** Names that are still to be read, the next one at the end. */
  readonly names: Uint8Array[]
}

class DirectoryScanner {
  readonly tree: FileTree
  readonly #options: ScanOptions
  readonly #reader: FileReader
  readonly #inlineLimit: number
  readonly #levels: Level[] = []
  readonly #slots: ScanSlots | undefined
  /** Leaves by device and inode number. Bind mounts show files twice whose link count is 1, so all are here. */
  readonly #leaves = new Map<bigint, Map<bigint, Leaf>>()

  constructor(options: ScanOptions) {
    this.#options = options
    this.#slots = options.intake && new ScanSlots(options.intake)
    this.tree = new FileTree(options.objects.algorithm)
    this.#inlineLimit = options.inlineLimit ?? INLINE_MAX
    this.#reader = new FileReader(options.objects, this.#inlineLimit)
  }

  async scan(path: Uint8Array): Promise<void> {
    const { signal } = this.#options
    signal?.throwIfAborted()
    const turns = new Turns(signal)
    try {
      named(path, () => this.#enterRoot(path))
      for (let count = 1; this.#levels.length > 0; count++) {
        if (this.#slots?.isFull) await this.#slots.next()
        this.#step(this.#levels[this.#levels.length - 1] as Level) // there is one
        if (count % TURN !== 0) continue
        await turns.give()
      }
      await this.#slots?.drain()
    } finally {
      for (const { directory } of this.#levels) directory.release()
      await this.#slots?.abort()
    }
  }

  /** Reads the next name of a directory, or leaves it. */
  #step(level: Level): void {
    const name = level.names.pop()
    if (name === undefined) {
      this.#levels.pop()
      if (this.#slots === undefined) level.directory.release()
      else this.#slots.leave(level.directory)
      return
    }
    const path = Buffer.concat([level.path, SLASH, name])
    named(path, () => this.#entry(level, name, path))
  }

  #entry(level: Level, name: Uint8Array, path: Uint8Array): void {
    const at = Buffer.concat([inside(level.directory.file), name])
    const stats = lstatSync(at, { bigint: true })
    if (stats.isDirectory()) {
      this.#descend(level, name, at, path)
      return
    }
    const isDevice = stats.isCharacterDevice() || stats.isBlockDevice()
    if (isDevice && this.#options.skipDevices === true) return
    const known = this.#known(stats)
    if (known !== undefined) {
      this.#link(level.inode, name, known)
      return
    }
    const leaf: Leaf = { inode: undefined }
    this.#remember(stats, leaf)
    if (this.#isForThreads(stats)) this.#addLater(leaf, { level, name, at, path, stats })
    else {
      const content = this.#content(at, stats)
      leaf.inode = this.tree.addLeaf(level.inode, name, this.#metadata(at, stats), content)
    }
  }

  #isForThreads(stats: BigIntStats): boolean {
    const size = Number(stats.size)
    return stats.isFile() && size > this.#inlineLimit && this.#slots?.takes(size) === true
  }

  /** Adds a file to the tree when some thread has read it. */
  #addLater(leaf: Leaf, { level, name, at, path, stats }: FoundFile): void {
    const metadata = this.#metadata(at, stats)
    this.#slots?.addFile({
      at,
      directory: level.directory,
      stats,
      onRead: content =>
        named(path, () => {
          leaf.inode = this.tree.addLeaf(level.inode, name, metadata, content())
        }),
    })
  }

  #link(parent: Inode, name: Uint8Array, leaf: Leaf): void {
    const { inode } = leaf
    if (inode !== undefined) this.tree.link(parent, name, inode)
    // Its first name is in this slot, or in one before it.
    else this.#slots?.addStep(() => this.tree.link(parent, name, leaf.inode as Inode))
  }

  #descend(level: Level, name: Uint8Array, at: Uint8Array, path: Uint8Array): void {
    // Every level is an open file as well.
    if (this.#levels.length > DEPTH_MAX) {
      throw new RepositoryError('ERR_REPOSITORY_SCAN_UNSUPPORTED', 'directories too deep', {
        expected: `at most ${DEPTH_MAX}`,
      })
    }
    this.#enter(this.#openDirectory(at), path, metadata =>
      this.tree.addDirectory(level.inode, name, metadata),
    )
  }

  #enterRoot(path: Uint8Array): void {
    const shown = path.at(-1) === SLASH[0] ? path.subarray(0, -1) : path
    this.#enter(this.#openDirectory(path), shown, metadata => {
      this.tree.setMetadata(ROOT, metadata)
      return ROOT
    })
  }

  /** Goes down into an open directory, which is closed when all its names are read. */
  #enter(file: FileDescriptor, path: Uint8Array, add: (metadata: Metadata) => Inode): void {
    try {
      const inode = add(this.#directoryMetadata(file))
      const names = readdirSync(inside(file), { encoding: 'buffer' })
      names.sort(Buffer.compare).reverse()
      this.#levels.push({ inode, directory: new OpenDirectory(file), path, names })
    } catch (error) {
      closeSync(file)
      throw error
    }
  }

  #openDirectory(path: Uint8Array): FileDescriptor {
    const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants
    return openSync(Buffer.from(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  }

  #directoryMetadata(file: FileDescriptor): Metadata {
    return this.#metadata(
      Buffer.concat([inside(file), Buffer.from('.')]),
      fstatSync(file, { bigint: true }),
    )
  }

  #content(at: Uint8Array, stats: BigIntStats): LeafContent {
    if (stats.isFile()) return this.#reader.read(at, stats)
    if (stats.isSymbolicLink()) {
      return { kind: 'symlink', target: readlinkSync(Buffer.from(at), { encoding: 'buffer' }) }
    }
    if (stats.isFIFO()) return { kind: 'fifo' }
    if (stats.isSocket()) return { kind: 'socket' }
    if (!stats.isCharacterDevice() && !stats.isBlockDevice()) {
      throw new RepositoryError('ERR_REPOSITORY_SCAN_UNSUPPORTED', 'a file of an unknown type')
    }
    // What stat gives is the kernel's 32-bit encoding, continued upwards for larger numbers.
    if (stats.rdev > UINT32_MAX) {
      throw new RepositoryError(
        'ERR_REPOSITORY_SCAN_UNSUPPORTED',
        'a device number above 32 bits',
        {
          actual: String(stats.rdev),
        },
      )
    }
    return { kind: stats.isBlockDevice() ? 'blk' : 'chr', rdev: Number(stats.rdev) }
  }

  #metadata(at: Uint8Array, stats: BigIntStats): Metadata {
    const mtime = this.#options.useEpoch === true ? 0n : stats.mtimeNs
    const nanoseconds = ((mtime % NANOSECONDS) + NANOSECONDS) % NANOSECONDS
    return {
      mode: Number(stats.mode) & PERMISSION_MASK,
      uid: Number(stats.uid),
      gid: Number(stats.gid),
      mtimeSeconds: (mtime - nanoseconds) / NANOSECONDS,
      mtimeNanoseconds: Number(nanoseconds),
      xattrs: this.#xattrs(at),
    }
  }

  #xattrs(at: Uint8Array): Xattr[] {
    const { system, xattrs: wanted } = this.#options
    if (wanted === 'none') return []
    const xattrs: Xattr[] = []
    for (const name of system.listXattrs(at)) {
      if (wanted === 'user' && !startsWith(name, USER)) continue
      const value = system.getXattr(at, name)
      if (value !== undefined) xattrs.push({ name, value })
    }
    return xattrs
  }

  #known(stats: BigIntStats): Leaf | undefined {
    if (this.#options.hardlinks === 'split') return undefined
    return this.#leaves.get(stats.dev)?.get(stats.ino)
  }

  #remember(stats: BigIntStats, leaf: Leaf): void {
    if (this.#options.hardlinks === 'split') return
    const leaves = this.#leaves.get(stats.dev)
    if (leaves === undefined) this.#leaves.set(stats.dev, new Map([[stats.ino, leaf]]))
    else leaves.set(stats.ino, leaf)
  }
}

/** A file that is in the tree, or will be. */
interface Leaf {
  inode: Inode | undefined
}

interface FoundFile {
  readonly level: Level
  readonly name: Uint8Array
  readonly at: Uint8Array
  readonly path: Uint8Array
  readonly stats: BigIntStats
}

/** The directory that is open as `file`, as a path with a slash at its end. */
function inside(file: FileDescriptor): Buffer {
  return Buffer.from(`/proc/self/fd/${file}/`)
}
