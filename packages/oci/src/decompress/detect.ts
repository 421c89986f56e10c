import { startsWith } from '@composefs/bytes'
import { beginsWithFrame } from '@composefs/splitstream/zstd'
import { OciError } from '../errors.ts'
import { BLOCK_SIZE, hasValidChecksum } from '../tar/header.ts'

/** How the bytes of a layer blob are packed. */
export type Compression = 'none' | 'gzip' | 'zstd'

/** Bytes of a blob that tell how it is compressed: a tar header, which is longer than any magic. */
export const DETECTION_SIZE: number = BLOCK_SIZE

const GZIP_MAGIC = Uint8Array.of(0x1f, 0x8b)

/** Formats that are known and that layers do not come in, to be named in the error. */
const OTHER_MAGICS: readonly (readonly [name: string, magic: Uint8Array])[] = [
  ['bzip2', Uint8Array.of(0x42, 0x5a, 0x68)],
  ['xz', Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)],
  ['lz4', Uint8Array.of(0x04, 0x22, 0x4d, 0x18)],
  ['lzip', Uint8Array.of(0x4c, 0x5a, 0x49, 0x50)],
  ['lzop', Uint8Array.of(0x89, 0x4c, 0x5a, 0x4f)],
  ['compress', Uint8Array.of(0x1f, 0x9d)],
  ['zip', Uint8Array.of(0x50, 0x4b, 0x03, 0x04)],
]

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

/** Name of the compression whose magic `head` begins with, also one that layers do not come in. */
export function compressionOf(head: Uint8Array): string | undefined {
  if (startsWith(head, GZIP_MAGIC)) return 'gzip'
  if (beginsWithFrame(head)) return 'zstd'
  return OTHER_MAGICS.find(([, magic]) => startsWith(head, magic))?.[0]
}
