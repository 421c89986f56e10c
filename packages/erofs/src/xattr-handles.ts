import { compareBytes } from '@composefs/bytes'
import type { Algorithm } from '@composefs/fsverity'
import { ContentCode, type TreeView } from '@composefs/tree'
import { XATTR_UNIT, XattrEntryHead } from './format.ts'
import { encodeMetacopy, METACOPY_HEAD } from './metacopy.ts'
import { objectOfPath } from './object-path.ts'
import { type ObjectNumber, ObjectTable } from './object-table.ts'
import { METACOPY, REDIRECT } from './overlay-names.ts'
import type { SourceTree } from './source-tree.ts'
import { encodeXattrEntry, entryIndex, entryName, entrySuffix, entryValue } from './xattr-entry.ts'
import { filterBit, PREFIX_ACL_ACCESS, PREFIX_ACL_DEFAULT } from './xattr-name.ts'
import type { PairTable } from './xattr-pairs.ts'

/**
 * One distinct xattr of an image; 0 is none. It is a number and what that is a number of: nearly every file has a
 * digest of its own, so metacopy and redirect are kept as the number of the object and made when they are written.
 */
export type XattrHandle = number

const KIND_BITS = 2
const KIND_MASK = 3
const PAIR = 0
const METACOPY_OF = 1
const REDIRECT_OF = 2

const SLASH = 0x2f

/** The distinct xattrs of an image. */
export class XattrHandles {
  readonly #source: SourceTree
  readonly #algorithm: Algorithm
  readonly #pairs: PairTable
  readonly #objects: ObjectTable
  /** Entries of a metacopy and of a redirect, without digest and path. */
  readonly #metacopyEntry: Uint8Array
  readonly #redirectEntry: Uint8Array

  constructor(source: SourceTree, pairs: PairTable) {
    const { version, view } = source
    this.#source = source
    this.#algorithm = view.algorithm
    this.#pairs = pairs
    this.#objects = new ObjectTable({
      data: view.data,
      digestSize: view.algorithm.digestSize,
      capacity: countObjects(view),
    })
    const zeros = new Uint8Array(view.algorithm.digestSize)
    this.#metacopyEntry = encodeXattrEntry(METACOPY, encodeMetacopy(view.algorithm, zeros), version)
    const path = new Uint8Array(2 + 2 * zeros.length).fill(SLASH)
    this.#redirectEntry = encodeXattrEntry(REDIRECT, path, version)
  }

  /** The xattr with that name, as it stands in the image, and that value. */
  of(name: Uint8Array, value: Uint8Array): XattrHandle {
    return this.ofPair(this.#pairs.intern(name, value))
  }

  ofPair(pair: number): XattrHandle {
    return (pair << KIND_BITS) | PAIR
  }

  /** The object whose digest is at that place of the tree's data. */
  objectAt(offset: number): ObjectNumber {
    return this.#objects.intern(offset)
  }

  /** The metacopy that enforces the digest of an object. */
  metacopyOf(object: ObjectNumber): XattrHandle {
    return (object << KIND_BITS) | METACOPY_OF
  }

  /** The redirect to an object. */
  redirectOf(object: ObjectNumber): XattrHandle {
    return (object << KIND_BITS) | REDIRECT_OF
  }

  /** The redirect to a payload: the one of the object, if it is an object path. */
  redirectTo(payload: Uint8Array): XattrHandle {
    const object = objectOfPath(payload, this.#algorithm)
    if (object !== undefined) return this.redirectOf(this.#objects.internDigest(object.bytes))
    const redirect = new Uint8Array(1 + payload.length)
    redirect[0] = SLASH
    redirect.set(payload, 1)
    return this.of(REDIRECT, redirect)
  }

  /** Says that so many more inodes have it. */
  use(handle: XattrHandle, inodes: number): void {
    const column = this.#column(handle)
    column[handle >>> KIND_BITS] = (column[handle >>> KIND_BITS] as number) + inodes
  }

  /**
   * The xattrs that two or more inodes have, in the order of the shared table. From here on `place` knows where
   * each is; nothing can be added any more.
   */
  share(): Uint32Array {
    const shared = this.#findShared()
    this.#sort(shared)
    // The counts have done their work: the columns hold places from here on.
    this.#pairs.uses.fill(0)
    this.#objects.metacopyUses.fill(0)
    this.#objects.redirectUses.fill(0)
    let size = 0
    for (const handle of shared) {
      this.use(handle, size / XATTR_UNIT + 1)
      size += this.size(handle)
    }
    return shared
  }

  /** Place in the shared table, in units of 4 bytes, plus 1; 0 for an xattr that is not in it. */
  place(handle: XattrHandle): number {
    return this.#column(handle)[handle >>> KIND_BITS] as number
  }

  /** Bytes of the encoded entry. */
  size(handle: XattrHandle): number {
    const kind = handle & KIND_MASK
    if (kind === PAIR) return this.#pairs.size[handle >>> KIND_BITS] as number
    return kind === METACOPY_OF ? this.#metacopyEntry.length : this.#redirectEntry.length
  }

  /** Number of the filter bit that the name clears. */
  filterBit(handle: XattrHandle): number {
    const kind = handle & KIND_MASK
    if (kind === PAIR) return this.#pairs.filterBit[handle >>> KIND_BITS] as number
    return kind === METACOPY_OF ? METACOPY_FILTER_BIT : REDIRECT_FILTER_BIT
  }

  /** Writes the encoded entry into zeros, which `view` shows too, and returns its size. */
  writeEntry(handle: XattrHandle, out: Uint8Array, view: DataView, at: number): number {
    const kind = handle & KIND_MASK
    const id = handle >>> KIND_BITS
    if (kind === PAIR) return this.#pairs.copyEntry(id, out, at)
    const entry = kind === METACOPY_OF ? this.#metacopyEntry : this.#redirectEntry
    const head = kind === METACOPY_OF ? DIGEST_OFFSET : PATH_OFFSET
    for (let i = 0; i < head; i++) out[at + i] = entry[i] as number
    if (kind === METACOPY_OF) this.#objects.copyDigest(id, out, at + head)
    else this.#objects.copyObjectPath(id, view, at + head)
    return entry.length
  }

  /** True when an xattr is a POSIX ACL. */
  hasAcl(): boolean {
    for (let pair = 1; pair < this.#pairs.count; pair++) {
      const entry = this.#pairs.entry(pair)
      const index = entryIndex(entry)
      if (index !== PREFIX_ACL_ACCESS && index !== PREFIX_ACL_DEFAULT) continue
      if (entrySuffix(entry).length === 0) return true
    }
    return false
  }

  #column(handle: XattrHandle): Uint32Array {
    const kind = handle & KIND_MASK
    if (kind === PAIR) return this.#pairs.uses
    return kind === METACOPY_OF ? this.#objects.metacopyUses : this.#objects.redirectUses
  }

  #findShared(): Uint32Array {
    const shared: XattrHandle[] = []
    for (let pair = 1; pair < this.#pairs.count; pair++) {
      if ((this.#pairs.uses[pair] as number) > 1) shared.push(this.ofPair(pair))
    }
    const { count, metacopyUses, redirectUses } = this.#objects
    for (let object = 1; object < count; object++) {
      const id = object << KIND_BITS
      if ((metacopyUses[object] as number) > 1) shared.push(id | METACOPY_OF)
      if ((redirectUses[object] as number) > 1) shared.push(id | REDIRECT_OF)
    }
    return Uint32Array.from(shared)
  }

  #sort(shared: Uint32Array): void {
    const compare = this.#source.isOld ? compareOldEntries : compareEntries
    const sign = this.#source.isOld ? -1 : 1
    // Nearly all are metacopies and redirects, and what those are called tells them apart: no entry is made for them.
    const metacopyFirst = compare(this.#metacopyEntry, this.#redirectEntry)
    shared.sort((a, b) => {
      const kindA = a & KIND_MASK
      const kindB = b & KIND_MASK
      if (kindA === PAIR || kindB === PAIR) return sign * compare(this.#entry(a), this.#entry(b))
      if (kindA === kindB) return sign * this.#objects.compare(a >>> KIND_BITS, b >>> KIND_BITS)
      return kindA === METACOPY_OF ? sign * metacopyFirst : -sign * metacopyFirst
    })
  }

  #entry(handle: XattrHandle): Uint8Array {
    if ((handle & KIND_MASK) === PAIR) return this.#pairs.entry(handle >>> KIND_BITS)
    const entry = new Uint8Array(this.size(handle))
    this.writeEntry(handle, entry, new DataView(entry.buffer), 0)
    return entry
  }
}

/** Order of the shared table in V0 and V1, which runs backwards. */
function compareOldEntries(a: Uint8Array, b: Uint8Array): number {
  const valueA = entryValue(a)
  const valueB = entryValue(b)
  return (
    compareBytes(entryName(a), entryName(b)) ||
    valueA.length - valueB.length ||
    compareBytes(valueA, valueB)
  )
}

/** Order of the shared table in V2. */
function compareEntries(a: Uint8Array, b: Uint8Array): number {
  return (
    entryIndex(a) - entryIndex(b) ||
    compareBytes(entrySuffix(a), entrySuffix(b)) ||
    compareBytes(entryValue(a), entryValue(b))
  )
}

/** How many files at most name an object. */
function countObjects({ content, inodeLimit }: TreeView): number {
  let count = 0
  for (let inode = 0; inode < inodeLimit; inode++) {
    const code = content[inode] as number
    if (code >= ContentCode.external && code <= ContentCode.noVerityPayload) count++
    // The redirect of such a file may be the path of an object that is not its own.
    if (code === ContentCode.externalPayload) count++
  }
  return count
}

const METACOPY_ENTRY = encodeXattrEntry(METACOPY, new Uint8Array(0), 0)
const REDIRECT_ENTRY = encodeXattrEntry(REDIRECT, new Uint8Array(0), 0)
const METACOPY_FILTER_BIT = filterBit(entryIndex(METACOPY_ENTRY), entrySuffix(METACOPY_ENTRY))
const REDIRECT_FILTER_BIT = filterBit(entryIndex(REDIRECT_ENTRY), entrySuffix(REDIRECT_ENTRY))
/** Where the digest is in the entry of a metacopy, and the object path in that of a redirect. */
const DIGEST_OFFSET = XattrEntryHead.size + entrySuffix(METACOPY_ENTRY).length + METACOPY_HEAD
const PATH_OFFSET = XattrEntryHead.size + entrySuffix(REDIRECT_ENTRY).length + 1
