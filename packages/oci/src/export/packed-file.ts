import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { asNoSpace, assertRoomFor } from '../disk/no-space.ts'
import { readRange } from '../disk/read-range.ts'
import { openUnnamedFile } from '../disk/unnamed-file.ts'
import { compress, type LayerPacker } from './compress.ts'
import type { StoredTar } from './stored-tar.ts'

/** For errors. */
const WHAT = 'a layer that is packed anew'

/** How to pack a layer. */
export interface PackOptions {
  readonly packer: LayerPacker
  /** Bytes that it is likely to take: what another packer made of it. */
  readonly likelySize: number
  /** Default: the temporary directory of the system. */
  readonly temporaryDirectory?: string | undefined
  /** @param bytes of the tar so far */
  readonly onProgress?: ((bytes: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * A layer that was packed anew, in a file without a name: its digest and size have to be known before the first byte is
 * sent, and packing twice would take longer than the file takes room.
 */
export class PackedFile {
  /** `sha256:…` of the packed bytes. */
  readonly digest: string
  readonly size: number
  readonly #file: FileHandle

  private constructor(file: FileHandle, { digest, size }: { digest: string; size: number }) {
    this.#file = file
    this.digest = digest
    this.size = size
  }

  /**
   * Packs a tar, which is hashed on its way.
   *
   * @throws OciError ERR_OCI_NO_SPACE, and what reading the tar throws; the reason of the signal
   */
  static async pack(tar: StoredTar, options: PackOptions): Promise<PackedFile> {
    const { temporaryDirectory = tmpdir(), likelySize } = options
    assertRoomFor(temporaryDirectory, likelySize, WHAT)
    const file = await openUnnamedFile(temporaryDirectory)
    try {
      return new PackedFile(file, await write(file, tar, options))
    } catch (error) {
      await file.close()
      throw asNoSpace(error, temporaryDirectory, WHAT)
    }
  }

  /** The packed bytes, from the start each time. */
  bytes(signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    return readRange(this.#file, { start: 0, size: this.size, name: 'a packed layer' }, { signal })
  }

  /** Closes the file, which then is gone. */
  close(): Promise<void> {
    return this.#file.close()
  }
}

async function write(
  file: FileHandle,
  tar: StoredTar,
  { packer, onProgress, signal }: PackOptions,
): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256')
  let size = 0
  async function* counted() {
    let read = 0
    for await (const piece of tar.bytes(signal)) {
      read += piece.length
      onProgress?.(read)
      yield piece
    }
  }
  for await (const chunk of compress(counted(), { packer, size: tar.size })) {
    hash.update(chunk)
    size += chunk.length
    await file.writeFile(chunk)
  }
  return { digest: `sha256:${hash.digest('hex')}`, size }
}
