import { createFsverity, type Digest, type Fsverity } from '@composefs/fsverity'
import type { ObjectWriter, PutResult } from './object-store.ts'
import type { StagedFile } from './staged-file.ts'
import type { FileDescriptor } from './system.ts'
import { assertDigest, type Verity } from './verity.ts'

/**
 * Who else than the writer computes the digest of what is written, from its beginning to the end: gets the finished file,
 * and says undefined where the kernel is the one to ask.
 */
export type ContentDigest = (file: FileDescriptor) => Digest | undefined

/** What a writer needs of its store. */
export interface DiskObjectWriterOptions {
  readonly verity: Verity
  readonly staged: StagedFile
  readonly digest?: ContentDigest | undefined
  /** Gives the file its name; false when the object exists. */
  publish(staged: StagedFile, digest: Digest, size: number): boolean
}

/**
 * Writes content in order to a file without a name. In a secure repository the kernel computes the digest at the
 * end; in an insecure one it is computed while writing, from the bytes at hand.
 */
export class DiskObjectWriter implements ObjectWriter {
  readonly #options: DiskObjectWriterOptions
  readonly #digest: Fsverity | undefined
  #size = 0
  #isOpen = true

  constructor(options: DiskObjectWriterOptions) {
    const { verity } = options
    this.#options = options
    this.#digest =
      verity.required || options.digest !== undefined ? undefined : createFsverity(verity)
  }

  write(chunk: Uint8Array): void {
    this.#assertOpen()
    this.#options.staged.write(chunk)
    this.#digest?.update(chunk)
    this.#size += chunk.length
  }

  finish(): PutResult {
    this.#assertOpen()
    const { staged, verity, publish } = this.#options
    try {
      const measured = verity.seal(staged)
      const computed = this.#digest?.digest() ?? this.#options.digest?.(staged.file)
      if (measured !== undefined && computed !== undefined) assertDigest(measured, computed)
      const digest = measured ?? computed
      if (digest === undefined) throw new TypeError('an insecure repository hashes what it writes')
      return { digest, isNew: publish(staged, digest, this.#size), size: this.#size }
    } finally {
      this.abort()
    }
  }

  abort(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#options.staged.close()
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw new TypeError('the object has been finished or aborted')
  }
}
