import { type DumpPaths, PATH_MAX } from './dump-paths.ts'
import { unescapeRange } from './escape.ts'
import { type Inode, ROOT } from './inode.ts'
import { nameProblem } from './name.ts'

const SPACE = 0x20
const SLASH = 0x2f
const BACKSLASH = 0x5c

/** Reads PATH of one plain line after the other. Every line ends with a newline, where the loops over it stop. */
export class PlainPath {
  /** Where PATH ends in the line. */
  end = 0
  /** The last component without escapes: `name[nameStart, nameEnd)`. */
  name: Uint8Array = new Uint8Array(0)
  nameStart = 0
  nameEnd = 0
  readonly #paths: DumpPaths
  #start = 0
  /** The slash before the last component. */
  #slash = 0
  #hasEscapes = false
  /** The directory of the line before, and its path as it stands there: neighbours mostly have the same. */
  #known: Inode = ROOT
  #knownLength = 0
  readonly #knownPath: Uint8Array = new Uint8Array(PATH_MAX)
  #knownHasEscapes = false
  /** The path is in that directory. */
  #isKnown = false
  readonly #unescapedName: Uint8Array = new Uint8Array(PATH_MAX)
  readonly #unescapedPath: Uint8Array = new Uint8Array(PATH_MAX)

  constructor(paths: DumpPaths) {
    this.#paths = paths
  }

  /** Reads the field at `start`; false when it is not plain. What it shares with the line before is compared alone. */
  read(bytes: Uint8Array, start: number): boolean {
    const known = this.#knownPath
    const knownEnd = start + this.#knownLength
    let at = start
    while (at < knownEnd && bytes[at] === known[at - start]) at++
    const isBelow = at === knownEnd && bytes[at] === SLASH
    if (!isBelow) at = start
    if (bytes[at] !== SLASH) return false
    let slash = at
    let byte = SLASH
    let hasEscapes = isBelow && this.#knownHasEscapes
    while (byte > SPACE) {
      byte = bytes[++at] as number
      if (byte === SLASH) slash = at
      else if (byte === BACKSLASH) hasEscapes = true
    }
    if (byte !== SPACE || at - start > PATH_MAX) return false
    this.#start = start
    this.#slash = slash
    this.#isKnown = isBelow && slash === knownEnd
    this.#hasEscapes = hasEscapes
    this.end = at
    return this.#readName(bytes)
  }

  /** The directory that the path is in; undefined when there is none. */
  directory(bytes: Uint8Array): Inode | undefined {
    if (this.#isKnown) return this.#known
    const directory = this.#find(bytes)
    if (directory !== undefined) this.#know(bytes, this.#slash, directory)
    return directory
  }

  /** Notes that there is a new directory at the path: mostly the next lines are in it. */
  addDirectory(bytes: Uint8Array, directory: Inode): void {
    const start = this.#start
    if (this.#hasEscapes) {
      const path = this.#unescapedPath
      const length = unescapeRange(bytes, start, this.end, path, 0)
      this.#paths.addDirectory(path, 0, length, directory)
    } else {
      this.#paths.addDirectory(bytes, start, this.end, directory)
    }
    this.#know(bytes, this.end, directory)
  }

  #readName(bytes: Uint8Array): boolean {
    this.name = bytes
    this.nameStart = this.#slash + 1
    this.nameEnd = this.end
    if (this.#hasEscapes) {
      this.name = this.#unescapedName
      this.nameEnd = unescapeRange(bytes, this.nameStart, this.end, this.name, 0)
      this.nameStart = 0
      if (this.nameEnd < 0) return false
    }
    return nameProblem(this.name, this.nameStart, this.nameEnd) === undefined
  }

  #find(bytes: Uint8Array): Inode | undefined {
    const start = this.#start
    if (!this.#hasEscapes) return this.#paths.directoryAt(bytes, start, this.#slash)
    const path = this.#unescapedPath
    const length = unescapeRange(bytes, start, this.#slash, path, 0)
    return length < 0 ? undefined : this.#paths.directoryAt(path, 0, length)
  }

  #know(bytes: Uint8Array, end: number, directory: Inode): void {
    const start = this.#start
    for (let i = start; i < end; i++) this.#knownPath[i - start] = bytes[i] as number
    this.#knownLength = end - start
    this.#knownHasEscapes = this.#hasEscapes
    this.#known = directory
  }
}
