import { concatBytes } from '@composefs/bytes'
import { ROOT, type TreeView } from '@composefs/tree'
import type { Node, SourceTree } from './source-tree.ts'
import { STUB_COUNT, stubName } from './stubs.ts'

/** Number of a name of the tree, or `nameLimit` of the tree plus one of the names below. */
export type ListedName = number

/** Names that the tree does not have: the stubs by their numbers, then the two of every directory. */
const DOT = STUB_COUNT
const DOT_DOT = STUB_COUNT + 1

/** The bytes of those names: two each, `.` being the beginning of `..`. */
const EXTRA_BYTES: Uint8Array = concatBytes([
  ...Array.from({ length: STUB_COUNT }, (_, stub) => stubName(stub)),
  Uint8Array.of(0x2e, 0x2e),
])

const DOTS: readonly number[] = [DOT, DOT_DOT]

/** The entries of one directory of an image at a time, in bytes order: `.`, `..` and the stubs are among them. */
export class Listing {
  /** The entries; only the first `length` are in use. */
  names = new Uint32Array(1024)
  length = 0
  #directory = ROOT
  readonly #view: TreeView
  readonly #nameLimit: number
  /** What the root has besides its names, in bytes order. */
  readonly #rootExtras: readonly number[]

  constructor({ view, stubs }: SourceTree) {
    this.#view = view
    this.#nameLimit = view.nameLimit
    this.#rootExtras = [...DOTS, ...stubs]
  }

  /** Lists a directory. */
  fill(directory: number): void {
    const { nextName } = this.#view
    const extras = directory === ROOT ? this.#rootExtras : DOTS
    let extra = 0
    this.#directory = directory
    this.length = 0
    let name = this.#view.firstName[directory] as number
    while (name !== 0) {
      while (extra < extras.length && this.#isBefore(extras[extra] as number, name)) {
        this.#push(this.#nameLimit + (extras[extra++] as number))
      }
      this.#push(name)
      name = nextName[name] as number
    }
    while (extra < extras.length) this.#push(this.#nameLimit + (extras[extra++] as number))
  }

  /** True for `.` and `..`. */
  isDot(name: ListedName): boolean {
    return name >= this.#nameLimit + DOT
  }

  /** What an entry leads to. */
  node(name: ListedName): Node {
    const extra = name - this.#nameLimit
    if (extra < 0) return this.#view.nameInode[name] as number
    if (extra < STUB_COUNT) return this.#view.inodeLimit + extra
    if (extra === DOT || this.#directory === ROOT) return this.#directory
    return this.#view.nameParent[this.#view.ownName[this.#directory] as number] as number
  }

  /** Length of a name in bytes. */
  nameLength(name: ListedName): number {
    if (name < this.#nameLimit) return this.#view.nameLength[name] as number
    return name === this.#nameLimit + DOT ? 1 : 2
  }

  /** Copies a name out and returns its length. Names are short: a loop is faster than a view and `set`. */
  copyName(name: ListedName, out: Uint8Array, at: number): number {
    const length = this.nameLength(name)
    const isExtra = name >= this.#nameLimit
    const bytes = isExtra ? EXTRA_BYTES : this.#view.nameBytes
    const from = isExtra
      ? extraOffset(name - this.#nameLimit)
      : (this.#view.nameOffset[name] as number)
    for (let i = 0; i < length; i++) out[at + i] = bytes[from + i] as number
    return length
  }

  #push(name: ListedName): void {
    if (this.length === this.names.length) {
      const grown = new Uint32Array(this.names.length * 2)
      grown.set(this.names)
      this.names = grown
    }
    this.names[this.length++] = name
  }

  /** Order of a name that the tree does not have and one of the tree; they are never equal. */
  #isBefore(extra: number, name: number): boolean {
    const view = this.#view
    const extraAt = extraOffset(extra)
    const nameAt = view.nameOffset[name] as number
    const extraLength = extra === DOT ? 1 : 2
    const nameLength = view.nameLength[name] as number
    const shared = Math.min(extraLength, nameLength)
    for (let i = 0; i < shared; i++) {
      const difference =
        (EXTRA_BYTES[extraAt + i] as number) - (view.nameBytes[nameAt + i] as number)
      if (difference !== 0) return difference < 0
    }
    return extraLength < nameLength
  }
}

function extraOffset(extra: number): number {
  return 2 * Math.min(extra, DOT)
}
