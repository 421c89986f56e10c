import { requireOciDigest } from '../document/oci-digest.ts'
import { ArchiveImageTarget } from './archive-image-target.ts'
import { ArchiveWriter } from './archive-writer.ts'
import type { ImageTarget } from './image-target.ts'
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
  return new ArchiveImageTarget(writer, {
    description,
    hasUnpackedLayers: false,
    blobName: descriptor => blobName(descriptor.digest),
    documents: ({ bytes, mediaType, digest }) =>
      new Map([
        [blobName(digest), bytes],
        ['index.json', newIndex({ mediaType, digest, size: bytes.length, tag })],
      ]),
  })
}

function blobName(digest: string): string {
  const { algorithm, encoded } = requireOciDigest(digest, 'a blob', ['sha256', 'sha512'])
  return `blobs/${algorithm}/${encoded}`
}
