import { once } from 'node:events'
import type { Transform } from 'node:stream'
import { constants, crc32, createDeflateRaw, createZstdCompress, type ZstdOptions } from 'node:zlib'
import { evenPieces } from './even-pieces.ts'

/** How layers are packed. */
export type LayerPacker = 'gzip' | 'zstd'

/** Bytes that are given to a compressor at once: always the same, as its output may depend on them. */
const PIECE_SIZE = 256 << 10

/** What gzip and zstd take by default themselves. */
const GZIP_LEVEL = 6
const ZSTD_LEVEL = 3

/** A gzip member without name and time, made on no system in particular (RFC 1952, section 2.3). */
const GZIP_HEADER: Uint8Array = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)

/**
 * Packs a tar, reproducibly: the output is made of the bytes of the tar alone. No time, name or system is part of it,
 * and neither is how the tar comes in, nor the number of threads.
 *
 * The compressors are those of Node. Another version of them, or another kind of processor, may make other bytes of
 * the same tar; then the digest of the packed layer is another one, its diff id never is.
 *
 * @param size bytes of the tar
 */
export async function* compress(
  tar: AsyncIterable<Uint8Array>,
  { packer, size }: { readonly packer: LayerPacker; readonly size: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces = evenPieces(tar, PIECE_SIZE)
  if (packer === 'gzip') yield* gzip(pieces)
  else yield* run(createZstd(size), pieces)
}

async function* gzip(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let checksum = 0
  let size = 0
  async function* counted() {
    for await (const piece of pieces) {
      checksum = crc32(piece, checksum)
      size += piece.length
      yield piece
    }
  }
  yield GZIP_HEADER.slice()
  // Node's own gzip writes the system into the header.
  yield* run(createDeflateRaw({ level: GZIP_LEVEL }), counted())
  const trailer = new DataView(new ArrayBuffer(8))
  trailer.setUint32(0, checksum, true)
  trailer.setUint32(4, size % 2 ** 32, true)
  yield new Uint8Array(trailer.buffer)
}

/** The frame says how long its content is, so that readers can make room for it. */
function createZstd(size: number): Transform {
  // Node takes the size; its types do not know that yet.
  const options: ZstdOptions & { readonly pledgedSrcSize: number } = {
    pledgedSrcSize: size,
    params: {
      [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  }
  return createZstdCompress(options)
}

async function* run(
  compressor: Transform,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let made: Uint8Array[] = []
  compressor.on('data', (chunk: Uint8Array) => made.push(chunk))
  // Whoever waits for a write or for the end gets it.
  compressor.on('error', () => {})
  try {
    for await (const piece of pieces) {
      await write(compressor, piece)
      yield* made
      made = []
    }
    // Only now: a compressor that is told the end together with data may pack that in another way.
    compressor.end()
    await once(compressor, 'end')
    yield* made
  } finally {
    compressor.destroy()
  }
}

function write(compressor: Transform, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    compressor.write(piece, error => (error ? reject(error) : resolve()))
  })
}
