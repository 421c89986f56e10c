import { constants, zstdCompressSync } from 'node:zlib'
import type { Random } from '../random.ts'

/** Block of one byte repeated, the greatest that a block may hold: 4 bytes for 128 KiB. */
const BOMB_BLOCK = 128 << 10
const RAW = 0
const RLE = 1

/** Compresses in one of the many ways that a reader must take, or, rarely, in one that it must not. */
export function compressSomehow(data: Uint8Array, random: Random): Uint8Array {
  switch (random.below(8)) {
    case 0:
      return zstdCompressSync(data, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })
    case 1: {
      const cut = random.below(data.length + 1)
      return Buffer.concat([
        zstdCompressSync(data.subarray(0, cut)),
        zstdCompressSync(data.subarray(cut)),
      ])
    }
    case 2:
      return Buffer.concat([skippable(random), zstdCompressSync(data), skippable(random)])
    case 3:
      return rawFrame(data, random)
    case 4:
      return Buffer.concat([zstdCompressSync(data), rleFrame(random)])
    default:
      return zstdCompressSync(data)
  }
}

function skippable(random: Random): Uint8Array {
  const body = random.bytes(random.below(20))
  const head = Buffer.alloc(8)
  head.writeUInt32LE(0x184d2a50 + random.below(16))
  head.writeUInt32LE(random.oneIn(8) ? 0xffff_ffff : body.length, 4)
  return Buffer.concat([head, body])
}

/** Blocks of stored bytes, empty ones among them. */
function rawFrame(data: Uint8Array, random: Random): Uint8Array {
  const parts: Uint8Array[] = [frameHead(random)]
  for (let at = 0; ; ) {
    const end = Math.min(data.length, at + random.below(1 << random.below(17)))
    const isLast = end === data.length
    parts.push(blockHead({ isLast, type: RAW, size: end - at }), data.subarray(at, end))
    at = end
    if (isLast) return Buffer.concat(parts)
  }
}

/** A frame of much of one byte. */
function rleFrame(random: Random): Uint8Array {
  const parts: Uint8Array[] = [frameHead(random)]
  const blocks = 1 << random.below(10)
  const byte = Uint8Array.of(random.pick([0, 0x61, 0xff]))
  for (let i = 0; i < blocks; i++) {
    parts.push(blockHead({ isLast: i === blocks - 1, type: RLE, size: BOMB_BLOCK }), byte)
  }
  return Buffer.concat(parts)
}

/** A head with a window of 128 KiB, or of some other size. */
function frameHead(random: Random): Uint8Array {
  const window = random.oneIn(8) ? random.below(256) : 0x38
  return Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, window)
}

function blockHead(block: { isLast: boolean; type: number; size: number }): Uint8Array {
  const word = (block.size << 3) | (block.type << 1) | (block.isLast ? 1 : 0)
  return Uint8Array.of(word & 0xff, (word >> 8) & 0xff, word >> 16)
}
