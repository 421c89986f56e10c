import type { Descriptor } from '../document/descriptor.ts'
import { requireOciDigest } from '../document/oci-digest.ts'
import type { ManifestBytes } from '../source/image-source.ts'
import { ArchiveWriter } from './archive-writer.ts'
import type { BlobPresence, ImageTarget, PutBlobOptions } from './image-target.ts'
import { newIndex } from './layout-index.ts'
import { LAYOUT_MARK } from './layout-target.ts'

/** How to write an archive. */
export interface ArchiveTargetOptions {
  /** The name of the image in the archive. */
  readonly tag?: string | undefined
  /** Replace a file that is there. */
  readonly force?: boolean | undefined
}

/**
 * Writes an OCI image layout into a tar, which has its name once it is complete. The same image makes the same bytes:
 * `oci-layout`, the blobs in the order of the image, `index.json`, and no times or owners.
 *
 * @throws OciError ERR_OCI_TARGET_EXISTS
 *
 * @example
 * await using target = await createArchiveTarget('/srv/app.tar', { tag: 'app' })
 */
export async function createArchiveTarget(
  path: string,
  options: ArchiveTargetOptions = {},
): Promise<ImageTarget> {
  const { tag, force = false } = options
  const writer = await ArchiveWriter.create(path, { force })
  const description = `oci-archive:${path}${tag === undefined ? '' : `:${tag}`}`
  try {
    await writer.addBytes('oci-layout', LAYOUT_MARK)
  } catch (error) {
    await writer.close()
    throw error
  }
  return new ArchiveTarget(writer, { description, tag })
}

class ArchiveTarget implements ImageTarget {
  readonly description: string
  /** One after the other, in an order that does not depend on how long each takes. */
  readonly concurrency = 1
  readonly #writer: ArchiveWriter
  readonly #tag: string | undefined

  constructor(
    writer: ArchiveWriter,
    { description, tag }: { readonly description: string; readonly tag: string | undefined },
  ) {
    this.#writer = writer
    this.description = description
    this.#tag = tag
  }

  async findBlob({ digest }: Descriptor): Promise<BlobPresence | undefined> {
    return this.#writer.has(blobName(digest)) ? 'present' : undefined
  }

  async putBlob(
    descriptor: Descriptor,
    open: () => AsyncIterable<Uint8Array>,
    options?: PutBlobOptions,
  ): Promise<void> {
    await this.#writer.addBlob(blobName(descriptor.digest), descriptor, open(), options)
  }

  async putManifest({ bytes, mediaType, digest }: ManifestBytes): Promise<void> {
    await this.#writer.addBytes(blobName(digest), bytes)
    const entry = { mediaType, digest, size: bytes.length, tag: this.#tag }
    await this.#writer.addBytes('index.json', newIndex(entry))
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

function blobName(digest: string): string {
  const { algorithm, encoded } = requireOciDigest(digest, 'a blob', ['sha256', 'sha512'])
  return `blobs/${algorithm}/${encoded}`
}
