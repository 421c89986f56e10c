import { concatBytes } from '@composefs/bytes'
import { SplitstreamError, type ZstdCodec, zstdFrames } from '@composefs/splitstream'
import { decompress } from 'fzstd'

/** Bytes of a raw block: the most that one may have. */
const BLOCK_SIZE = 128 * 1024

/** Magic, a descriptor of a frame that says nothing, and a window of 128 KiB. */
const FRAME_HEAD = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]

/**
 * A codec for runtimes without zstd: fzstd decompresses, and what is written is stored in raw blocks, which every zstd
 * reads. Objects of such streams have other names than cfsctl's.
 */
export const portableZstd: ZstdCodec = {
  createCompressor() {
    let pieces: Uint8Array[] = []
    let size = 0
    return {
      get compressedSize() {
        return size
      },
      write(data) {
        pieces.push(data.slice())
        size += data.length
      },
      drain: async () => {},
      finish: async () => storedFrame(concatBytes(pieces)),
      abort() {
        pieces = []
      },
    }
  },
  async *decompress(source, range) {
    for (const { start, end } of zstdFrames(source, range)) {
      try {
        yield decompress(source.read(start, end - start))
      } catch (cause) {
        const message = `zstd: the frame at byte ${start} is corrupt`
        throw new SplitstreamError(
          'ERR_SPLITSTREAM_BAD_ZSTD',
          message,
          { offset: start },
          { cause },
        )
      }
    }
  },
}

function storedFrame(content: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.from(FRAME_HEAD)]
  let at = 0
  do {
    const block = content.subarray(at, at + BLOCK_SIZE)
    at += block.length
    const head = block.length * 8 + (at >= content.length ? 1 : 0)
    parts.push(Uint8Array.of(head & 0xff, (head >>> 8) & 0xff, head >>> 16), block)
  } while (at < content.length)
  return concatBytes(parts)
}
