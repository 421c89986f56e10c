import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { encodeUtf8 } from '@composefs/bytes'
import { asNoSpace, assertRoomFor } from '../disk/no-space.ts'
import type { Descriptor } from '../document/descriptor.ts'
import { parseIndex } from '../document/index-document.ts'
import { requireOciDigest } from '../document/oci-digest.ts'
import { OciError } from '../errors.ts'
import type { ManifestBytes } from '../source/image-source.ts'
import { openLayout } from '../source/layout.ts'
import { verifiedBytes } from '../transfer/verified-bytes.ts'
import type { BlobPresence, ImageTarget, PutBlobOptions } from './image-target.ts'
import { addToIndex, type IndexEntry, newIndex } from './layout-index.ts'
import { syncDirectory } from './new-file.ts'

const LAYOUT_FILE = 'oci-layout'
const INDEX_FILE = 'index.json'

/** Content of `oci-layout`. */
export const LAYOUT_MARK: Uint8Array = encodeUtf8('{"imageLayoutVersion":"1.0.0"}')

/** For errors. */
const WHAT = 'the layout'

/**
 * Writes to an OCI image layout directory, a new one or one with other images, which stay. An image of the same tag is
 * replaced, its blobs stay too.
 *
 * Blobs are gathered beside their place and get there, complete and on the disk, by `commit`; then `index.json` changes
 * at once. Two that write the same layout at the same time do not see each other's tag.
 *
 * @throws OciError ERR_OCI_NOT_A_LAYOUT for a directory with other files, ERR_OCI_UNSUPPORTED_LAYOUT_VERSION, and what
 * reading `index.json` throws
 *
 * @example
 * await using target = await createLayoutTarget('/srv/layout', { tag: 'app' })
 */
export async function createLayoutTarget(
  directory: string,
  options: { readonly tag?: string | undefined } = {},
): Promise<ImageTarget> {
  const isNew = await isNewLayout(directory)
  if (!isNew) {
    await (await openLayout(directory)).close()
    await checkIndex(join(directory, INDEX_FILE))
  }
  return new LayoutTarget(directory, { tag: options.tag, isNew })
}

class LayoutTarget implements ImageTarget {
  readonly description: string
  readonly #directory: string
  readonly #tag: string | undefined
  readonly #isNew: boolean
  /** Files in the staging directory by the digest of their blob. */
  readonly #staged = new Map<string, string>()
  #staging: Promise<string> | undefined
  /** The first directory that had to be made. */
  #made: string | undefined
  #entry: IndexEntry | undefined
  #isCommitted = false
  #count = 0

  constructor(
    directory: string,
    { tag, isNew }: { readonly tag: string | undefined; readonly isNew: boolean },
  ) {
    this.description = `oci:${directory}${tag === undefined ? '' : `:${tag}`}`
    this.#directory = resolve(directory)
    this.#tag = tag
    this.#isNew = isNew
  }

  async findBlob({ digest, size }: Descriptor): Promise<BlobPresence | undefined> {
    if (this.#staged.has(digest)) return 'present'
    try {
      const status = await stat(this.#blobPath(digest))
      return status.isFile() && status.size === size ? 'present' : undefined
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  async putBlob(
    descriptor: Descriptor,
    open: () => AsyncIterable<Uint8Array>,
    options: PutBlobOptions = {},
  ): Promise<void> {
    // Checks the digest, which becomes a path.
    this.#blobPath(descriptor.digest)
    const staging = await this.#stage()
    assertRoomFor(this.#directory, descriptor.size, WHAT)
    const path = join(staging, String(this.#count++))
    try {
      await writeBlobFile(path, verifiedBytes(open(), descriptor), options)
    } catch (error) {
      throw asNoSpace(error, this.#directory, WHAT)
    }
    this.#staged.set(descriptor.digest, path)
  }

  async putManifest({ bytes, mediaType, digest }: ManifestBytes): Promise<void> {
    const blob = { mediaType, digest, size: bytes.length, urls: [], annotations: new Map() }
    async function* chunks() {
      yield bytes
    }
    if ((await this.findBlob(blob)) === undefined) await this.putBlob(blob, chunks)
    this.#entry = { mediaType, digest, size: bytes.length, tag: this.#tag }
  }

  async commit(): Promise<readonly string[]> {
    const entry = this.#entry
    if (entry === undefined) throw new TypeError('a commit without a manifest')
    const staging = await this.#stage()
    try {
      const changed = new Set<string>()
      for (const [digest, path] of this.#staged) {
        const place = this.#blobPath(digest)
        await mkdir(dirname(place), { recursive: true })
        await rename(path, place)
        changed.add(dirname(place)).add(dirname(dirname(place)))
      }
      for (const directory of changed) await syncDirectory(directory)
      if (this.#isNew) await this.#replace(staging, LAYOUT_FILE, LAYOUT_MARK)
      const { bytes, previous } = await this.#editIndex(entry)
      await this.#replace(staging, INDEX_FILE, bytes)
      await syncDirectory(this.#directory)
      this.#isCommitted = true
      return previous === undefined ? [] : [`${this.description} was ${previous} before`]
    } catch (error) {
      throw asNoSpace(error, this.#directory, WHAT)
    }
  }

  async close(): Promise<void> {
    const staging = await this.#staging?.catch(() => undefined)
    this.#staging = undefined
    this.#staged.clear()
    if (staging !== undefined) await rm(staging, { recursive: true, force: true })
    if (this.#isCommitted || this.#made === undefined) return
    // Only what is empty goes: somebody may have used it meanwhile.
    for (let path = this.#directory; path.startsWith(this.#made); path = dirname(path)) {
      if (!(await removeEmpty(path))) return
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #blobPath(digest: string): string {
    const { algorithm, encoded } = requireOciDigest(digest, 'a blob', ['sha256', 'sha512'])
    return join(this.#directory, 'blobs', algorithm, encoded)
  }

  /** The directory where blobs are gathered, on the same file system as their places. */
  #stage(): Promise<string> {
    this.#staging ??= (async () => {
      this.#made = await makeDirectory(this.#directory)
      return await mkdtemp(join(this.#directory, '.composefs-'))
    })()
    return this.#staging
  }

  /** Read now, so that what others have added since the beginning stays. */
  async #editIndex(entry: IndexEntry) {
    try {
      return addToIndex(await readFile(join(this.#directory, INDEX_FILE)), entry)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      return { bytes: newIndex(entry), previous: undefined }
    }
  }

  async #replace(staging: string, name: string, bytes: Uint8Array): Promise<void> {
    const path = join(staging, name)
    await writeBlobFile(path, [bytes])
    await rename(path, join(this.#directory, name))
  }
}

/** What cannot be read now could not be changed at the end. */
async function checkIndex(path: string): Promise<void> {
  try {
    parseIndex(await readFile(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** True for a directory that is empty or missing. */
async function isNewLayout(directory: string): Promise<boolean> {
  let names: string[]
  try {
    names = await readdir(directory)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return true
    if (code !== 'ENOTDIR') throw error
    throw notALayout(directory, 'is no directory; an archive is named by oci-archive:')
  }
  if (names.includes(LAYOUT_FILE)) return false
  // Left behind by an export that was killed.
  if (names.every(name => name.startsWith('.composefs-'))) return true
  throw notALayout(directory, 'has other files in it and is no OCI layout')
}

function notALayout(path: string, why: string): OciError {
  return new OciError('ERR_OCI_NOT_A_LAYOUT', `${path} ${why}`, { path })
}

/** Makes a directory and those above it, and tells the first one that was missing. */
async function makeDirectory(path: string): Promise<string | undefined> {
  try {
    return await mkdir(path, { recursive: true })
  } catch (error) {
    // That is what Node says on a read-only file system, too; this says what it is.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') await mkdir(path)
    throw error
  }
}

/** Writes a new file down to the disk. */
async function writeBlobFile(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { onProgress, signal }: PutBlobOptions = {},
): Promise<void> {
  const file = await open(path, 'wx')
  try {
    let written = 0
    for await (const chunk of chunks) {
      signal?.throwIfAborted()
      await file.writeFile(chunk)
      written += chunk.length
      onProgress?.(written)
    }
    await file.sync()
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

async function removeEmpty(path: string): Promise<boolean> {
  try {
    await rmdir(path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOENT') return false
    throw error
  }
}
