import { asNoSpace, assertRoomFor } from '../disk/no-space.ts'
import { BLOCK_SIZE } from '../tar/header.ts'
import { type ExpectedBytes, verifiedBytes } from '../transfer/verified-bytes.ts'
import type { PutBlobOptions } from './image-target.ts'
import { NewFile } from './new-file.ts'
import { encodeFileHeader, paddingOf } from './tar-header.ts'

/** For errors. */
const WHAT = 'the archive'

/** Two blocks of zeros end an archive. */
const END_SIZE = 2 * BLOCK_SIZE

/**
 * Writes a tar of regular files, one after the other, that becomes visible when it is finished. The same files in the
 * same order make the same bytes.
 */
export class ArchiveWriter {
  readonly #target: NewFile
  readonly #names = new Set<string>()
  #position = 0
  #isBusy = false
  #isClosed = false

  private constructor(target: NewFile) {
    this.#target = target
  }

  /** @throws OciError ERR_OCI_TARGET_EXISTS */
  static async create(path: string, options: { readonly force: boolean }): Promise<ArchiveWriter> {
    return new ArchiveWriter(await NewFile.create(path, options))
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  /** Adds a file with these bytes. */
  async addBytes(name: string, bytes: Uint8Array): Promise<void> {
    await this.#add(name, bytes.length, async () => {
      await this.#write(bytes)
    })
  }

  /**
   * Adds a file whose bytes are checked. After a failure the archive is as it was before.
   *
   * @throws OciError what verifiedBytes throws, ERR_OCI_NO_SPACE; the reason of the signal
   */
  async addBlob(
    name: string,
    blob: ExpectedBytes,
    chunks: AsyncIterable<Uint8Array>,
    { onProgress, signal }: PutBlobOptions = {},
  ): Promise<void> {
    await this.#add(name, blob.size, async () => {
      let written = 0
      for await (const chunk of verifiedBytes(chunks, blob)) {
        signal?.throwIfAborted()
        await this.#write(chunk)
        written += chunk.length
        onProgress?.(written)
      }
    })
  }

  /** Ends the archive and gives it its name. */
  async publish(): Promise<void> {
    await this.#explain(async () => {
      await this.#write(new Uint8Array(END_SIZE))
      await this.#target.publish()
    })
  }

  /** Closes the file. Unless it was published it is gone. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#target.close()
  }

  async #add(name: string, size: number, write: () => Promise<void>): Promise<void> {
    if (this.#isBusy) throw new TypeError('an archive takes one file at a time')
    this.#isBusy = true
    const start = this.#position
    try {
      assertRoomFor(this.#target.directory, size, WHAT)
      await this.#explain(async () => {
        await this.#write(encodeFileHeader(name, size))
        await write()
        await this.#write(paddingOf(size))
      })
      this.#names.add(name)
    } catch (error) {
      await this.#target.file.truncate(start)
      this.#position = start
      throw error
    } finally {
      this.#isBusy = false
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { file } = this.#target
      const { bytesWritten } = await file.write(bytes, at, bytes.length - at, this.#position)
      at += bytesWritten
      this.#position += bytesWritten
    }
  }

  async #explain(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      throw asNoSpace(error, this.#target.directory, WHAT)
    }
  }
}
