import { startsWith } from '@composefs/bytes'
import { beginsWithFrame } from '@composefs/splitstream/zstd'

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

/** Name of the compression whose magic `head` begins with, also one that layers do not come in. */
export function compressionOf(head: Uint8Array): string | undefined {
  if (startsWith(head, GZIP_MAGIC)) return 'gzip'
  if (beginsWithFrame(head)) return 'zstd'
  return OTHER_MAGICS.find(([, magic]) => startsWith(head, magic))?.[0]
}
