import { ContentCode, type TreeView } from '@composefs/tree'
import { CHUNK_BITS_MAX, CHUNK_BITS_MIN, type ErofsVersion } from './format.ts'

/** Chunk format of external files in V2, whatever their size. */
const CHUNK_FORMAT_V2 = CHUNK_BITS_MAX - CHUNK_BITS_MIN

/** log2 of the chunks of a file in V0 and V1: as few chunks as possible, each as small as possible. */
function chunkBits(size: number): number {
  const last = size - 1
  const high = Math.floor(last / 2 ** 32)
  const bits = high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(last)
  return Math.min(Math.max(bits, CHUNK_BITS_MIN), CHUNK_BITS_MAX)
}

/** What `data` of the inode of a file with chunks says of their size. */
export function chunkFormat(size: number, version: ErofsVersion): number {
  return version === 2 ? CHUNK_FORMAT_V2 : chunkBits(size) - CHUNK_BITS_MIN
}

/** How many entries the table of chunks of a file has. */
export function chunkCount(view: TreeView, inode: number, version: ErofsVersion): number {
  const size = view.size[inode] as number
  if (version !== 2) return Math.ceil(size / 2 ** chunkBits(size))
  // cfsctl leaves the table out where there is no digest, and V2 is frozen.
  const code = view.content[inode]
  return code === ContentCode.external || code === ContentCode.externalPayload ? 1 : 0
}
