import type { Descriptor } from '../document/descriptor.ts'
import type { ManifestBytes } from '../source/image-source.ts'
import type { ArchiveWriter } from './archive-writer.ts'
import type { BlobPresence, ImageTarget, PutBlobOptions } from './image-target.ts'

/** What tells one kind of archive from another. */
export interface ArchiveForm {
  /** For messages: the transport, the path and the name of the image. */
  readonly description: string
  /** Layers go in as tars, whatever their blobs were. */
  readonly hasUnpackedLayers: boolean
  /** Where a blob lies in the archive. */
  blobName(descriptor: Descriptor): string
  /** The files that say what the blobs are, by name, in their order. */
  documents(manifest: ManifestBytes): ReadonlyMap<string, Uint8Array>
}

/** An image in an archive: its blobs in the order in which they come, then what says what they are. */
export class ArchiveImageTarget implements ImageTarget {
  readonly description: string
  readonly hasUnpackedLayers: boolean
  /** One after the other, in an order that does not depend on how long each takes. */
  readonly concurrency = 1
  readonly #writer: ArchiveWriter
  readonly #form: ArchiveForm

  /** Takes the writer over. */
  constructor(writer: ArchiveWriter, form: ArchiveForm) {
    this.#writer = writer
    this.#form = form
    this.description = form.description
    this.hasUnpackedLayers = form.hasUnpackedLayers
  }

  async findBlob(descriptor: Descriptor): Promise<BlobPresence | undefined> {
    return this.#writer.has(this.#form.blobName(descriptor)) ? 'present' : undefined
  }

  async putBlob(
    descriptor: Descriptor,
    open: () => AsyncIterable<Uint8Array>,
    options?: PutBlobOptions,
  ): Promise<void> {
    await this.#writer.addBlob(this.#form.blobName(descriptor), descriptor, open(), options)
  }

  async putManifest(manifest: ManifestBytes): Promise<void> {
    for (const [name, bytes] of this.#form.documents(manifest)) {
      await this.#writer.addBytes(name, bytes)
    }
  }

  async commit(): Promise<readonly string[]> {
    await this.#writer.publish()
    return []
  }

  close(): Promise<void> {
    return this.#writer.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
