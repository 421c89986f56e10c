import { hexDigit } from '@composefs/bytes'
import { isObjectPath, readObjectPath } from '@composefs/fsverity'
import { ContentCode } from './content-code.ts'
import type { DumpCursor } from './dump-cursor.ts'
import { Field } from './dump-split.ts'
import { TreeError } from './errors.ts'
import type { FileKind, Inode } from './inode.ts'
import { SIZE_MAX } from './limits.ts'
import type { TreeStore } from './store.ts'

/** Reads PAYLOAD, CONTENT and DIGEST of a dump line into the columns of its inode. */
export class DumpContent {
  readonly #store: TreeStore
  readonly #line: DumpCursor

  constructor(store: TreeStore, line: DumpCursor) {
    this.#store = store
    this.#line = line
  }

  /** @throws TreeError */
  read(inode: Inode, kind: FileKind, size: number, rdev: number): void {
    if (kind === 'regular') {
      this.#regular(inode, size)
      return
    }
    this.#assertNone(Field.content, kind)
    this.#assertNone(Field.digest, kind)
    if (kind === 'symlink') {
      this.#symlink(inode)
      return
    }
    const { inodes } = this.#store
    if (kind === 'chr' || kind === 'blk') {
      inodes.content[inode] = ContentCode.device
      inodes.dataOffset[inode] = rdev
    } else if (kind !== 'directory') {
      inodes.content[inode] = ContentCode.none
    }
    // PAYLOAD is ignored, but it must be well-formed.
    if (!this.#line.isNone(Field.payload)) this.#line.unescaped(Field.payload)
  }

  #assertNone(field: number, kind: FileKind): void {
    if (this.#line.isNone(field)) return
    this.#line.fail('ERR_TREE_DUMP_CONTRADICTION', `a ${kind} with content`)
  }

  #symlink(inode: Inode): void {
    const { inodes } = this.#store
    if (this.#line.isNone(Field.payload)) {
      this.#line.fail('ERR_TREE_BAD_CONTENT', 'a symlink without a target')
    }
    const target = this.#line.unescaped(Field.payload)
    if (target.length === 0) this.#line.fail('ERR_TREE_BAD_CONTENT', 'an empty symlink target')
    inodes.content[inode] = ContentCode.symlink
    inodes.size[inode] = target.length
    this.#store.setData(inode, target, 0, target.length)
  }

  #regular(inode: Inode, size: number): void {
    const { inodes } = this.#store
    const line = this.#line
    if (line.fields.hasObject) {
      this.#setSize(inode, size)
      inodes.content[inode] = ContentCode.external
      const { digest } = line.fields
      this.#store.setData(inode, digest, 0, digest.length)
      return
    }
    const hasPayload = !line.isNone(Field.payload)
    const hasDigest = !line.isNone(Field.digest)
    if (!line.isNone(Field.content)) {
      if (hasPayload || hasDigest) {
        line.fail('ERR_TREE_DUMP_CONTRADICTION', 'both content and an object')
      }
      this.#inline(inode, size)
      return
    }
    if (hasDigest && !hasPayload) {
      line.field = Field.digest
      line.fail('ERR_TREE_DUMP_CONTRADICTION', 'a digest without a payload')
    }
    this.#setSize(inode, size)
    if (hasPayload) this.#external(inode, hasDigest)
    else inodes.content[inode] = size === 0 ? ContentCode.inline : ContentCode.sparse
  }

  #setSize(inode: Inode, size: number): void {
    if (size > SIZE_MAX) {
      this.#line.field = Field.size
      this.#line.fail('ERR_TREE_BAD_CONTENT', `a file larger than ${SIZE_MAX} bytes`)
    }
    this.#store.inodes.size[inode] = size
  }

  #inline(inode: Inode, size: number): void {
    const { inodes } = this.#store
    const data = this.#line.unescaped(Field.content)
    if (data.length !== size) {
      const facts = { expected: size, actual: data.length }
      const message = `content of ${data.length} bytes in a file of ${size}`
      throw new TreeError('ERR_TREE_DUMP_CONTRADICTION', message, facts)
    }
    inodes.content[inode] = ContentCode.inline
    inodes.size[inode] = size
    this.#store.setData(inode, data, 0, data.length)
  }

  #external(inode: Inode, hasDigest: boolean): void {
    const { inodes } = this.#store
    const { digest } = this.#line.fields
    const payload = this.#line.unescaped(Field.payload)
    if (payload.length === 0) this.#line.fail('ERR_TREE_BAD_CONTENT', 'an empty payload')
    if (!hasDigest) {
      // Capitals make it another path: the redirect of an image must come out as it went in.
      const isObject = readObjectPath(payload, 0, digest) && isObjectPath(payload, 0, digest)
      inodes.content[inode] = isObject ? ContentCode.noVerityObject : ContentCode.noVerityPayload
      const data = isObject ? digest : payload
      this.#store.setData(inode, data, 0, data.length)
      return
    }
    this.#readDigest(digest)
    if (isObjectPath(payload, 0, digest)) {
      inodes.content[inode] = ContentCode.external
      this.#store.setData(inode, digest, 0, digest.length)
      return
    }
    inodes.content[inode] = ContentCode.externalPayload
    const at = this.#store.allocateData(inode, digest.length + payload.length)
    this.#store.data.bytes.set(digest, at)
    this.#store.data.bytes.set(payload, at + digest.length)
  }

  #readDigest(digest: Uint8Array): void {
    const line = this.#line
    line.field = Field.digest
    const { bytes, start, end } = line
    if (end - start !== digest.length * 2) {
      const facts = { expected: digest.length * 2, actual: end - start }
      throw new TreeError('ERR_TREE_DUMP_SYNTAX', `a digest of ${end - start} digits`, facts)
    }
    for (let i = 0; i < digest.length; i++) {
      const high = hexDigit(bytes[start + 2 * i] as number)
      const low = hexDigit(bytes[start + 2 * i + 1] as number)
      if (high < 0 || low < 0) {
        line.fail('ERR_TREE_DUMP_SYNTAX', 'a digest that is not hexadecimal')
      }
      digest[i] = (high << 4) | low
    }
  }
}
