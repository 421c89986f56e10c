import type { Inode } from '@composefs/tree'

const SLASH = 0x2f
const DOT = 0x2e

/** What a path has before its last component, and which directory that is. */
export interface PlacedName {
  readonly directory: Inode
  /** Aliases the path. */
  readonly name: Uint8Array
}

/**
 * The directory of the entry before. A tar goes through a directory file by file: where the bytes before the last
 * component are those of the entry before, the directory is the same, and nothing of the way to it needs a look.
 */
export class KnownParent {
  #path: Uint8Array = new Uint8Array(256)
  #length = -1
  #directory: Inode = 0

  /** The directory and the name of a path; undefined when either needs a closer look. */
  place(path: Uint8Array): PlacedName | undefined {
    const end = nameEnd(path)
    const length = this.#length
    // Names that begin with a dot may be special.
    if (end <= length || length < 0 || path[length] === DOT) return undefined
    for (let i = length; i < end; i++) if (path[i] === SLASH) return undefined
    // Differences are mostly at the end.
    for (let i = length - 1; i >= 0; i--) if (path[i] !== this.#path[i]) return undefined
    return { directory: this.#directory, name: path.subarray(length, end) }
  }

  /** Notes the directory that the entry with that path is in. */
  know(path: Uint8Array, directory: Inode): void {
    let length = nameEnd(path)
    while (length > 0 && path[length - 1] !== SLASH) length--
    if (path[length] === DOT) {
      // It may be `.`, and the name be the component before.
      this.forget()
      return
    }
    if (this.#path.length < length) this.#path = new Uint8Array(2 * length)
    for (let i = 0; i < length; i++) this.#path[i] = path[i] as number
    this.#length = length
    this.#directory = directory
  }

  /** To be called when anything goes from the tree: the directory may be among it. */
  forget(): void {
    this.#length = -1
  }
}

/** Where a path ends without the slashes at its end. */
function nameEnd(path: Uint8Array): number {
  let end = path.length
  while (end > 0 && path[end - 1] === SLASH) end--
  return end
}
