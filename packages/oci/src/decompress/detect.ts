import { compressionOf } from '../compression-magic.ts'
import { OciError } from '../errors.ts'
import { BLOCK_SIZE, hasValidChecksum } from '../tar/header.ts'

/** How the bytes of a layer blob are packed. */
export type Compression = 'none' | 'gzip' | 'zstd'

/** Bytes of a blob that tell how it is compressed: a tar header, which is longer than any magic. */
export const DETECTION_SIZE: number = BLOCK_SIZE

/**
 * Tells from its first DETECTION_SIZE bytes (fewer only if it is shorter) how a blob is compressed. The media type has
 * no say: images that name the wrong one exist, every other reader goes by the magic, and the diff ID proves the
 * result.
 *
 * @throws OciError ERR_OCI_COMPRESSION_UNSUPPORTED for another format that is known, ERR_OCI_COMPRESSION_CORRUPT for
 *   what is neither compressed nor a tar
 */
export function detectCompression(head: Uint8Array): Compression {
  const known = compressionOf(head)
  if (known === 'gzip' || known === 'zstd') return known
  // A tar may begin with a file that is called like a magic.
  const isHeader = head.length === BLOCK_SIZE && hasValidChecksum(head)
  if (isHeader || head.every(byte => byte === 0)) return 'none'
  if (known !== undefined) {
    throw new OciError('ERR_OCI_COMPRESSION_UNSUPPORTED', `layers compressed with ${known}`, {
      actual: known,
    })
  }
  throw new OciError('ERR_OCI_COMPRESSION_CORRUPT', 'neither gzip nor zstd nor a tar', {
    offset: 0,
  })
}
