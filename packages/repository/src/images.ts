import { type ErofsVersion, writeImage } from '@composefs/erofs'
import type { Algorithm } from '@composefs/fsverity'
import { Digest } from '@composefs/fsverity'
import type { FileTree } from '@composefs/tree'
import { readDirectory } from './directory.ts'
import { RepositoryError } from './errors.ts'
import { type Layout, objectLinkText, REFS } from './layout.ts'
import { badLink, objectOfLink, readLink, setLink } from './links.ts'
import { OpenObject } from './object-handle.ts'
import type { PutResult } from './object-store.ts'
import type { DiskObjectStore } from './objects.ts'
import { isRealDirectory } from './real-directories.ts'
import { RefDirectory, type RefEntry } from './refs.ts'
import type { FileDescriptor } from './system.ts'
import type { Verity } from './verity.ts'

const REF_PREFIX = `${REFS}/`
const DIGEST_PREFIX = /^sha(?:256|512):/

/** Where the image of a name is. */
export interface ResolvedImage {
  readonly digest: Digest
  /** The image's file: an absolute path. */
  readonly path: string
  /** True when the name is a ref, false when it is an id. */
  readonly viaRef: boolean
}

/** An image whose digest has been checked, open for reading. The caller closes it. */
export interface OpenedImage {
  readonly digest: Digest
  readonly fd: FileDescriptor
  /** Bytes of the image. */
  readonly size: number
  /** True when the kernel checks the image's content with fs-verity whenever it is read. */
  readonly hasVerity: boolean
  /** The whole image, in new memory. */
  bytes(): Uint8Array
  /** Closes the file. */
  close(): void
  /** The same as `close`. */
  [Symbol.dispose](): void
}

/** What the image store of a repository needs of it. */
export interface ImageStoreOptions {
  readonly layout: Layout
  readonly objects: DiskObjectStore
  readonly verity: Verity
  assertWritable(): void
}

/** The EROFS images of a repository that may be mounted: `images/HEX`, and refs to them below `images/refs`. */
export class ImageStore {
  readonly #layout: Layout
  readonly #objects: DiskObjectStore
  readonly #verity: Verity
  readonly #refs: RefDirectory
  readonly #assertWritable: () => void

  constructor(options: ImageStoreOptions) {
    this.#layout = options.layout
    this.#objects = options.objects
    this.#verity = options.verity
    this.#refs = new RefDirectory(options.layout, options.layout.imageRefs)
    this.#assertWritable = () => options.assertWritable()
  }

  /**
   * Makes the image of a tree and stores it as an object, without a name.
   *
   * @throws RangeError when the tree's digests are not of the repository's algorithm
   * @throws ErofsError when the tree does not fit the format
   */
  put(tree: FileTree, version: ErofsVersion): PutResult {
    if (tree.algorithm !== this.#algorithm) {
      throw new RangeError(`a ${tree.algorithm.name} tree in a ${this.#algorithm.name} repository`)
    }
    const writer = this.#objects.create()
    try {
      writeImage(tree, { version, write: chunk => writer.write(chunk) })
      return writer.finish()
    } finally {
      writer.abort()
    }
  }

  /** Stores the bytes of an image as an object, without a name. They are not looked at. */
  putBytes(image: Uint8Array): PutResult {
    return this.#objects.put(image)
  }

  /**
   * Makes `images/HEX`: from now on the image may be mounted. The caller has synced what it needs before (`publish`
   * does).
   */
  link(id: Digest): void {
    this.#assertWritable()
    setLink(this.#layout, this.#layout.image(id.hex), objectLinkText(id))
  }

  /** True when `images/HEX` leads to the object of the image, and that is there; its content is not looked at. */
  has(id: Digest): boolean {
    const leadsThere = this.#readLink(id)?.endsWith(`/${id.objectPath}`) ?? false
    return leadsThere && this.#objects.has(id)
  }

  /** Yields the ids of the images, sorted. Other names in `images/` are left out. */
  *list(): Generator<Digest> {
    if (!this.#isThere()) return
    for (const { name } of readDirectory(this.#layout.images)) {
      const digest = Digest.fromHex(name.toString('latin1'), this.#algorithm)
      if (digest !== undefined) yield digest
    }
  }

  /**
   * Makes or moves the ref `name` to the image `id`.
   *
   * @throws RepositoryError ERR_REPOSITORY_IMAGE_NOT_FOUND, _BAD_NAME, _REF_CONFLICT, _READ_ONLY
   */
  setRef(name: string, id: Digest): void {
    this.#assertWritable()
    // A ref to nothing would stop every garbage collection.
    if (!this.has(id)) throw imageNotFound(id.hex)
    this.#refs.set(name, id.hex)
  }

  /** Removes a ref; false when there is none. The image stays until the next garbage collection. */
  removeRef(name: string): boolean {
    this.#assertWritable()
    return this.#refs.remove(name)
  }

  /** The hex of the image a ref stands for; undefined when there is no such ref. */
  refTarget(name: string): string | undefined {
    return this.#refs.target(name)
  }

  /** Yields the refs; `digest` is the hex of the image's id as the link has it. */
  *refs(): Generator<{ readonly name: string; readonly digest: string }> {
    for (const { name, target } of this.#refs.list()) yield { name, digest: target }
  }

  /** Yields everything below `images/refs`, whatever it is. */
  refEntries(): Generator<RefEntry> {
    return this.#refs.entries()
  }

  /**
   * Finds the image of a name: `refs/NAME`, an id (with or without `sha256:` or `sha512:`), or NAME without a slash,
   * which is a ref when no image has that id.
   *
   * @throws RepositoryError ERR_REPOSITORY_IMAGE_NOT_FOUND, _BAD_NAME, _BAD_LINK
   */
  resolve(name: string): ResolvedImage {
    const bare = name.replace(DIGEST_PREFIX, '')
    const byId = this.#resolveId(bare)
    if (byId !== undefined) return { ...byId, viaRef: false }
    const refName = name.startsWith(REF_PREFIX) ? name.slice(REF_PREFIX.length) : name
    // Only `refs/` leads to a name with a slash: `images/` has no other directories.
    if (refName === name && name.includes('/')) throw imageNotFound(name)
    const target = this.#refs.target(refName)
    if (target === undefined) throw imageNotFound(name)
    const byRef = this.#resolveId(target)
    if (byRef === undefined) throw imageNotFound(name, `its ref points to ${target}`)
    return { ...byRef, viaRef: true }
  }

  /**
   * Opens an image by name, or by id, and checks its digest, however it is named: the kernel tells it, or, in an
   * insecure repository, it is computed from the content of an image without fs-verity.
   *
   * @throws RepositoryError what `resolve` throws, ERR_REPOSITORY_OBJECT_NOT_FOUND, _NOT_A_FILE, _VERITY_MISSING,
   *   _DIGEST_MISMATCH
   */
  open(name: string | Digest): OpenedImage {
    const { digest, path } = this.resolve(typeof name === 'string' ? name : name.hex)
    const object = OpenObject.open(digest, path)
    try {
      const { hasVerity } = this.#verity.check(object.file, digest, { path, verify: true })
      return {
        digest,
        fd: object.file,
        size: object.size,
        hasVerity,
        bytes: () => object.read(0, object.size),
        close: () => object.close(),
        [Symbol.dispose]: () => object.close(),
      }
    } catch (error) {
      object.close()
      throw error
    }
  }

  /** The image `images/HEX`; undefined when there is none, or `hex` is no id. */
  #resolveId(hex: string): { digest: Digest; path: string } | undefined {
    const digest = Digest.fromHex(hex, this.#algorithm)
    if (digest === undefined) return undefined
    const text = this.#readLink(digest)
    if (text === undefined) return undefined
    const path = this.#layout.image(digest.hex)
    // The id is what may be mounted. A link to another object is no reason to mount that one.
    const linked = objectOfLink(text, this.#algorithm, path)
    if (!linked.equals(digest)) throw badLink(path, `points to the other object ${linked.hex}`)
    return { digest, path: this.#objects.pathOf(digest) }
  }

  #readLink(id: Digest): string | undefined {
    return this.#isThere() ? readLink(this.#layout.image(id.hex)) : undefined
  }

  /** @throws RepositoryError ERR_REPOSITORY_BAD_DIRECTORY */
  #isThere(): boolean {
    return isRealDirectory(this.#layout, this.#layout.images)
  }

  get #algorithm(): Algorithm {
    return this.#objects.algorithm
  }
}

function imageNotFound(name: string, reason?: string): RepositoryError {
  const detail = reason === undefined ? '' : ` (${reason})`
  return new RepositoryError(
    'ERR_REPOSITORY_IMAGE_NOT_FOUND',
    `image not found: ${name}${detail}`,
    {
      name,
    },
  )
}
