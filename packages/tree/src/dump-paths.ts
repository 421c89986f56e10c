import { TreeError } from './errors.ts'
import { unescapeRange } from './escape.ts'
import { type Inode, ROOT } from './inode.ts'
import { nameProblem } from './name.ts'
import { PathIndex } from './path-index.ts'
import type { TreeStore } from './store.ts'

/** Longest path of a dump in bytes, escapes not counted: PATH_MAX of Linux. */
export const PATH_MAX = 4096

const SLASH = 0x2f

/** Reads the PATH fields of a dump and finds the directories they are in. */
export class DumpPaths {
  /** What holds the path that was read: the line itself, or a buffer for unescaped paths. */
  bytes: Uint8Array = new Uint8Array(0)
  /** Where its last component begins. */
  nameStart = 0
  end = 0
  isRoot = false
  readonly #store: TreeStore
  #start = 0
  #unescaped: Uint8Array = new Uint8Array(PATH_MAX)
  readonly #directories = new PathIndex()
  /** The directory that was found last: neighbours mostly have the same. */
  readonly #knownPath = new Uint8Array(PATH_MAX)
  #knownLength = 0
  #known: Inode = ROOT

  constructor(store: TreeStore) {
    this.#store = store
    this.#directories.add(this.#knownPath, 0, 0, ROOT)
  }

  /**
   * Reads the path `bytes[start, end)` and checks its form.
   *
   * @throws TreeError ERR_TREE_DUMP_SYNTAX, ERR_TREE_BAD_NAME
   */
  read(bytes: Uint8Array, start: number, end: number, hasEscapes: boolean): void {
    this.bytes = bytes
    this.#start = start
    this.end = end
    if (hasEscapes) this.#unescape(bytes, start, end)
    const length = this.end - this.#start
    if (this.bytes[this.#start] !== SLASH || length === 0) {
      throw new TreeError('ERR_TREE_BAD_NAME', 'a path that does not begin with a slash')
    }
    if (length > PATH_MAX) {
      throw new TreeError('ERR_TREE_BAD_NAME', `a path of ${length} bytes`, {
        expected: `at most ${PATH_MAX}`,
        actual: length,
      })
    }
    this.isRoot = length === 1
    if (this.isRoot) return
    let at = this.end
    while (this.bytes[at - 1] !== SLASH) at--
    this.nameStart = at
    const problem = nameProblem(this.bytes, at, this.end)
    if (problem !== undefined) throw new TreeError('ERR_TREE_BAD_NAME', problem)
  }

  /**
   * The directory that the path is in.
   *
   * @throws TreeError ERR_TREE_DUMP_NO_PARENT, ERR_TREE_NOT_A_DIRECTORY, ERR_TREE_BAD_NAME
   */
  parent(): Inode {
    const end = this.nameStart - 1
    if (this.#isKnown(end)) return this.#known
    const directory = this.directoryAt(this.bytes, this.#start, end)
    if (directory === undefined) throw this.#noDirectory(this.#start, end)
    this.#knownPath.set(this.bytes.subarray(this.#start, end))
    this.#knownLength = end - this.#start
    this.#known = directory
    return directory
  }

  /** The directory at the path `bytes[start, end)`, which has no escapes; undefined when there is none. */
  directoryAt(bytes: Uint8Array, start: number, end: number): Inode | undefined {
    return this.#directories.find(bytes, start, end)
  }

  /** Notes that there is a new directory at the path `bytes[start, end)`, which has no escapes. */
  addDirectory(bytes: Uint8Array, start: number, end: number, directory: Inode): void {
    this.#directories.add(bytes, start, end, directory)
  }

  /** Notes that the path that was read is a new directory. */
  makeDirectory(directory: Inode): void {
    this.addDirectory(this.bytes, this.#start, this.end, directory)
  }

  /** What an absolute path leads to; undefined when it is not there or no proper path. */
  resolve(path: Uint8Array): Inode | undefined {
    if (path[0] !== SLASH) return undefined
    if (path.length === 1) return ROOT
    const slash = path.lastIndexOf(SLASH)
    const directory = this.#directories.find(path, 0, slash)
    if (directory === undefined) return undefined
    const name = this.#store.findName(directory, path, slash + 1, path.length)
    return name === 0 ? undefined : this.#store.names.inode[name]
  }

  /** Why there is no directory at the path `bytes[start, end)`. */
  #noDirectory(start: number, end: number): TreeError {
    const { names } = this.#store
    const { bytes } = this
    let inode: Inode = ROOT
    for (let at = start + 1; at <= end; ) {
      let stop = at
      while (stop < end && bytes[stop] !== SLASH) stop++
      const problem = nameProblem(bytes, at, stop)
      if (problem !== undefined) return new TreeError('ERR_TREE_BAD_NAME', problem)
      const name = this.#store.isDirectory(inode) ? this.#store.findName(inode, bytes, at, stop) : 0
      if (name === 0) break
      inode = names.inode[name] as number
      at = stop + 1
    }
    return this.#store.isDirectory(inode)
      ? new TreeError('ERR_TREE_DUMP_NO_PARENT', 'its directory is not there yet')
      : new TreeError('ERR_TREE_NOT_A_DIRECTORY', 'it is below something that is no directory')
  }

  #isKnown(end: number): boolean {
    if (end - this.#start !== this.#knownLength) return false
    // Differences are mostly at the end.
    for (let i = this.#knownLength - 1; i >= 0; i--) {
      if (this.bytes[this.#start + i] !== this.#knownPath[i]) return false
    }
    return true
  }

  #unescape(bytes: Uint8Array, start: number, end: number): void {
    if (this.#unescaped.length < end - start) this.#unescaped = new Uint8Array((end - start) * 2)
    const length = unescapeRange(bytes, start, end, this.#unescaped, 0)
    if (length < 0) {
      throw new TreeError('ERR_TREE_DUMP_SYNTAX', 'an escape that is unknown or cut off')
    }
    this.bytes = this.#unescaped
    this.#start = 0
    this.end = length
  }
}
