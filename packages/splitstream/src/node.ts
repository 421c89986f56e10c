import { pipeline, Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { constants, createZstdCompress, createZstdDecompress, zstdDecompressSync } from 'node:zlib'
import type { ByteRange, ByteSource } from './byte-source.ts'
import type { ZstdCodec, ZstdCompressor } from './codec.ts'
import { SplitstreamError } from './errors.ts'
import { type ZstdFrame, zstdFrames } from './zstd-frame.ts'

/** Input handed to a thread at once: one zstd block. Less costs more hops between threads than it saves memory. */
const COMPRESS_PIECE = 128 * 1024

/** Input that may wait for the compressor before drain() waits. */
const QUEUE_MAX = 8 * COMPRESS_PIECE

/** Pieces that are read and yielded while decompressing. */
const DECOMPRESS_PIECE = 64 * 1024

/** Frames that cannot hold more than this are decompressed in place, which is quicker than a hop to a thread. */
const SYNC_CONTENT_MAX = 256 * 1024

/** Frames after which other work gets a turn: some milliseconds of them. Nobody writes streams of so many. */
const FRAMES_PER_TURN = 256

/**
 * Decompresses one whole frame of at most `contentMax` bytes in place.
 *
 * @throws an error when the frame is corrupt
 */
export type DecompressFrame = (frame: Uint8Array, contentMax: number) => Uint8Array

/** The zstd of `node:zlib`, working on its thread pool. Needs Node 22.15. */
export const nodeZstd: ZstdCodec = createNodeZstd()

/**
 * The zstd of `node:zlib`, with another way to decompress what is small.
 *
 * @param decompressFrame gets frames of at most 256 KiB of content; default: `zstdDecompressSync`
 */
export function createNodeZstd(decompressFrame: DecompressFrame = decompressSync): ZstdCodec {
  return {
    createCompressor: () => new NodeCompressor(),
    async *decompress(source, range) {
      let frames = 0
      for (const frame of zstdFrames(source, range)) {
        // Many small frames come without any wait; signals and timers want their turn too.
        if (++frames % FRAMES_PER_TURN === 0) await setImmediate()
        const isSmall = frame.contentMax <= SYNC_CONTENT_MAX
        if (isSmall) yield* decompressSmall(source, frame, decompressFrame)
        else yield* decompressLarge(source, frame)
      }
    },
  }
}

function decompressSync(frame: Uint8Array, contentMax: number): Uint8Array {
  // node:zlib takes no limit of 0.
  return zstdDecompressSync(frame, { maxOutputLength: Math.max(1, contentMax) })
}

class NodeCompressor implements ZstdCompressor {
  readonly #stream = createZstdCompress({
    params: {
      [constants.ZSTD_c_compressionLevel]: 3,
      [constants.ZSTD_c_checksumFlag]: 0,
    },
  })
  readonly #output: Uint8Array[] = []
  #compressedSize = 0
  #piece = new Uint8Array(COMPRESS_PIECE)
  #filled = 0
  #queued = 0
  #error: Error | undefined
  #wake: (() => void) | undefined

  constructor() {
    this.#stream.on('data', (data: Uint8Array) => {
      this.#output.push(data)
      this.#compressedSize += data.length
    })
    this.#stream.on('error', error => {
      this.#error = error
      this.#wake?.()
    })
  }

  get compressedSize(): number {
    return this.#compressedSize
  }

  write(data: Uint8Array): void {
    let rest = data
    while (rest.length > 0) {
      const part = rest.subarray(0, this.#piece.length - this.#filled)
      this.#piece.set(part, this.#filled)
      this.#filled += part.length
      rest = rest.subarray(part.length)
      if (this.#filled === this.#piece.length) this.#send()
    }
  }

  async drain(): Promise<void> {
    await this.#waitUntilQueued(QUEUE_MAX)
  }

  async finish(): Promise<Uint8Array> {
    this.#send()
    // The end is announced only when all input is in: told of it together with the first input, libzstd would know the
    // content size, announce it and choose other parameters.
    await this.#waitUntilQueued(0)
    const ended = Promise.withResolvers<void>()
    this.#stream.once('end', ended.resolve)
    this.#stream.once('error', ended.reject)
    this.#stream.end()
    await ended.promise
    return Buffer.concat(this.#output)
  }

  abort(): void {
    this.#stream.destroy()
  }

  #send(): void {
    if (this.#filled === 0) return
    const piece = this.#piece.subarray(0, this.#filled)
    this.#piece = new Uint8Array(COMPRESS_PIECE)
    this.#filled = 0
    this.#queued += piece.length
    this.#stream.write(piece, () => {
      this.#queued -= piece.length
      this.#wake?.()
    })
  }

  async #waitUntilQueued(limit: number): Promise<void> {
    while (this.#queued > limit && this.#error === undefined) {
      const woken = Promise.withResolvers<void>()
      this.#wake = woken.resolve
      await woken.promise
    }
    this.#wake = undefined
    if (this.#error !== undefined) throw this.#error
  }
}

function* decompressSmall(
  source: ByteSource,
  frame: ZstdFrame,
  decompressFrame: DecompressFrame,
): Generator<Uint8Array> {
  const input = source.read(frame.start, frame.end - frame.start)
  let content: Uint8Array
  try {
    content = decompressFrame(input, frame.contentMax)
  } catch (error) {
    throw corrupt(frame, error)
  }
  assertSize(frame, content.length)
  for (let at = 0; at < content.length; at += DECOMPRESS_PIECE) {
    yield content.subarray(at, at + DECOMPRESS_PIECE)
  }
}

async function* decompressLarge(source: ByteSource, frame: ZstdFrame): AsyncGenerator<Uint8Array> {
  const decompressor = createZstdDecompress({ chunkSize: DECOMPRESS_PIECE })
  // An error of the source destroys the decompressor, and a decompressor that is left early ends the source.
  pipeline(Readable.from(pieces(source, frame)), decompressor, () => {})
  try {
    let size = 0
    for await (const piece of decompressor as AsyncIterable<Uint8Array>) {
      size += piece.length
      yield piece
    }
    assertSize(frame, size)
  } catch (error) {
    throw isZstdError(error) ? corrupt(frame, error) : error
  }
}

/** libzstd does not compare, if it is given a frame in pieces and the last block is empty. */
function assertSize(frame: ZstdFrame, size: number): void {
  const { contentSize = size } = frame
  if (size === contentSize) return
  throw corrupt(frame, new Error(`${size} bytes instead of the ${contentSize} it says`))
}

function* pieces(source: ByteSource, range: ByteRange): Generator<Uint8Array> {
  for (let at = range.start; at < range.end; at += DECOMPRESS_PIECE) {
    yield source.read(at, Math.min(DECOMPRESS_PIECE, range.end - at))
  }
}

function isZstdError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ZSTD_error')
}

function corrupt(frame: ZstdFrame, cause: unknown): SplitstreamError {
  const message = `zstd: the frame at byte ${frame.start} is corrupt`
  const facts = { offset: frame.start }
  return new SplitstreamError('ERR_SPLITSTREAM_BAD_ZSTD', message, facts, { cause })
}
