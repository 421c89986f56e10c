import { ContentCode } from '@composefs/tree'
import { XATTR_UNIT, XattrArea } from './format.ts'
import { sharedXattrsMax, XATTR_AREA_MAX } from './limits.ts'
import type { InodeOrder } from './order.ts'
import { METACOPY } from './overlay-names.ts'
import { Shape } from './shape.ts'
import { limitError, type Node, type SourceTree } from './source-tree.ts'
import { type XattrHandle, XattrHandles } from './xattr-handles.ts'
import { XattrLists } from './xattr-lists.ts'
import { PairTable } from './xattr-pairs.ts'

const NOTHING = new Uint8Array(0)

/** The xattrs of all inodes of an image: which are shared, how large each area is, and its bytes. */
export class ImageXattrs {
  /** Bytes of the table of shared xattrs. */
  readonly sharedSize: number
  /** Some inode has a POSIX ACL. */
  readonly hasAcl: boolean
  readonly #source: SourceTree
  readonly #lists: XattrLists
  readonly #handles: XattrHandles
  /** By number of the inode: its list, and for files with chunks what says where the data is. */
  readonly #list: Uint32Array
  readonly #metacopy: Uint32Array
  readonly #redirect: Uint32Array
  /** The shared xattrs in the order of the table. */
  readonly #shared: Uint32Array
  readonly #sharedMax: number
  #sharedBase = 0
  /** The xattrs of one inode, in order. */
  #collected = new Uint32Array(64)

  /** @throws ErofsError ERR_EROFS_LIMIT, ERR_EROFS_TOO_LARGE */
  constructor(source: SourceTree, order: InodeOrder, shapes: Uint8Array) {
    const pairs = new PairTable(source.version)
    this.#source = source
    this.#lists = new XattrLists(source, pairs, order.holdsWhiteout)
    this.#handles = new XattrHandles(source, pairs)
    this.#list = new Uint32Array(order.count)
    this.#metacopy = new Uint32Array(order.count)
    this.#redirect = new Uint32Array(order.count)
    this.#sharedMax = sharedXattrsMax(source.version)
    this.#count(order, shapes)
    this.hasAcl = source.isOld && this.#handles.hasAcl()
    this.#shared = this.#handles.share()
    let sharedSize = 0
    for (const handle of this.#shared) sharedSize += this.#handles.size(handle)
    this.sharedSize = sharedSize
  }

  /**
   * Bytes of the xattr area of inode `number` of the image.
   *
   * @throws ErofsError ERR_EROFS_LIMIT
   */
  areaSize(number: number, node: Node): number {
    const { isOld } = this.#source
    const count = this.#collect(number)
    if (count === 0) return 0
    let shared = 0
    let size = XattrArea.size
    for (let i = 0; i < count; i++) {
      const handle = this.#collected[i] as number
      const isShared = this.#handles.place(handle) !== 0 && !(isOld && shared === this.#sharedMax)
      if (isShared) shared++
      size += isShared ? XATTR_UNIT : this.#handles.size(handle)
    }
    if (shared > this.#sharedMax) {
      const limit = { expected: `at most ${this.#sharedMax}`, actual: shared }
      throw limitError(this.#source, node, `${shared} xattrs that other files have too`, limit)
    }
    if (size > XATTR_AREA_MAX) {
      const limit = { expected: `at most ${XATTR_AREA_MAX}`, actual: size }
      throw limitError(this.#source, node, `xattrs of ${size} bytes`, limit)
    }
    return size
  }

  /** Says where the shared table is, in bytes from the block that references count from. */
  setSharedBase(offset: number): void {
    this.#sharedBase = offset / XATTR_UNIT
  }

  /** Writes the area of an inode into `areaSize` bytes that are zeros so far. */
  writeArea(number: number, out: Uint8Array, view: DataView, start: number): void {
    const count = this.#collect(number)
    if (count === 0) return
    const collected = this.#collected
    let filter = 0xffff_ffff
    let shared = 0
    let at = start + XattrArea.size
    for (let i = 0; i < count; i++) {
      const handle = collected[i] as number
      filter &= ~(1 << this.#handles.filterBit(handle))
      const place = this.#handles.place(handle)
      if (place === 0 || shared === this.#sharedMax) continue
      view.setUint32(at, this.#sharedBase + place - 1, true)
      at += XATTR_UNIT
      shared++
      collected[i] = 0
    }
    for (let i = 0; i < count; i++) {
      const handle = collected[i] as number
      if (handle !== 0) at += this.#handles.writeEntry(handle, out, view, at)
    }
    view.setUint32(start + XattrArea.offsets.filter, filter, true)
    view.setUint8(start + XattrArea.offsets.sharedCount, shared)
  }

  /** The entries of the shared table, in order. Each is valid until the next one. */
  *sharedEntries(): Generator<Uint8Array> {
    let buffer = new Uint8Array(1024)
    for (const handle of this.#shared) {
      const size = this.#handles.size(handle)
      if (buffer.length < size) buffer = new Uint8Array(2 * size)
      buffer.fill(0, 0, size)
      this.#handles.writeEntry(handle, buffer, new DataView(buffer.buffer), 0)
      yield buffer.subarray(0, size)
    }
  }

  /** Finds the xattrs of every inode, and how many inodes have each. */
  #count({ count, nodes }: InodeOrder, shapes: Uint8Array): void {
    const listUses: number[] = []
    const handles = this.#handles
    for (let number = 0; number < count; number++) {
      const node = nodes[number] as number
      const list = this.#lists.of(node)
      this.#list[number] = list
      listUses[list] = (listUses[list] ?? 0) + 1
      if (shapes[number] === Shape.chunks) this.#countObject(number, node)
    }
    const { pairs, start } = this.#lists
    for (const [list, uses] of listUses.entries()) {
      const end = start[list + 1] as number
      for (let at = start[list] as number; at < end; at++) {
        handles.use(handles.ofPair(pairs[at] as number), uses)
      }
    }
  }

  #countObject(number: number, node: Node): void {
    const { isOld, view } = this.#source
    const handles = this.#handles
    const at = view.dataOffset[node] as number
    let metacopy: XattrHandle
    let redirect: XattrHandle = 0
    if (view.content[node] === ContentCode.external) {
      const object = handles.objectAt(at)
      metacopy = handles.metacopyOf(object)
      redirect = handles.redirectOf(object)
    } else if (view.content[node] === ContentCode.externalPayload) {
      const object = handles.objectAt(at)
      const payloadAt = at + view.algorithm.digestSize
      metacopy = handles.metacopyOf(object)
      redirect = isOld ? this.#redirectTo(node, payloadAt) : handles.redirectOf(object)
    } else {
      metacopy = handles.of(METACOPY, NOTHING)
      if (view.content[node] === ContentCode.noVerityObject) {
        redirect = handles.redirectOf(handles.objectAt(at))
      } else if (view.content[node] === ContentCode.noVerityPayload) {
        if (!isOld) throw limitError(this.#source, node, 'data that is not named by a digest')
        redirect = this.#redirectTo(node, at)
      }
    }
    this.#metacopy[number] = metacopy
    this.#redirect[number] = redirect
    handles.use(metacopy, 1)
    if (redirect !== 0) handles.use(redirect, 1)
  }

  /** The redirect to the payload that begins there and ends with the data of the node. */
  #redirectTo(node: Node, start: number): XattrHandle {
    const { data, dataLength, dataOffset } = this.#source.view
    const end = (dataOffset[node] as number) + (dataLength[node] as number)
    return this.#handles.redirectTo(data.subarray(start, end))
  }

  /** Puts the xattrs of an inode into `#collected` and returns how many they are. */
  #collect(number: number): number {
    const lists = this.#lists
    const list = this.#list[number] as number
    const start = lists.start[list] as number
    const length = (lists.start[list + 1] as number) - start
    if (this.#collected.length < length + 2) this.#collected = new Uint32Array(2 * length)
    const collected = this.#collected
    const metacopy = this.#metacopy[number] as number
    if (metacopy === 0) {
      for (let i = 0; i < length; i++) {
        collected[i] = this.#handles.ofPair(lists.pairs[start + i] as number)
      }
      return length
    }
    const redirect = this.#redirect[number] as number
    const beforeMetacopy = lists.beforeMetacopy[list] as number
    const beforeRedirect = lists.beforeRedirect[list] as number
    let count = 0
    for (let i = 0; i <= length; i++) {
      if (i === beforeMetacopy) collected[count++] = metacopy
      if (i === beforeRedirect && redirect !== 0) collected[count++] = redirect
      if (i < length) collected[count++] = this.#handles.ofPair(lists.pairs[start + i] as number)
    }
    return count
  }
}
