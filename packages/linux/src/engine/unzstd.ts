import { closedError, type Decoder, type DecoderStep, zlibError } from './decoder.ts'
import type { Native } from './native.ts'
import { abandoned, LentMemory, NativeMemory } from './native-memory.ts'

/** `ZSTD_inBuffer` and `ZSTD_outBuffer` of zstd.h: pointer, size, position, of 64 bits each. */
const BUFFER_SIZE = 24
const POINTER = 0
const SIZE = 2
const POSITION = 4

/** Most bytes that a step is told of. */
const STEP_MAX = 2 ** 30

/** `ZSTD_ResetDirective`. */
const RESET_SESSION = 1

/** What `node:zlib` calls the errors of decompression, by their numbers in zstd_errors.h. Loading it takes 5 ms. */
export const ERROR_CODES: Readonly<Record<number, string>> = {
  1: 'ZSTD_error_GENERIC',
  10: 'ZSTD_error_prefix_unknown',
  12: 'ZSTD_error_version_unsupported',
  14: 'ZSTD_error_frameParameter_unsupported',
  16: 'ZSTD_error_frameParameter_windowTooLarge',
  20: 'ZSTD_error_corruption_detected',
  22: 'ZSTD_error_checksum_wrong',
  24: 'ZSTD_error_literals_headerWrong',
  30: 'ZSTD_error_dictionary_corrupted',
  32: 'ZSTD_error_dictionary_wrong',
  44: 'ZSTD_error_tableLog_tooLarge',
  46: 'ZSTD_error_maxSymbolValue_tooLarge',
  48: 'ZSTD_error_maxSymbolValue_tooSmall',
  60: 'ZSTD_error_stage_wrong',
  62: 'ZSTD_error_init_missing',
  64: 'ZSTD_error_memory_allocation',
  66: 'ZSTD_error_workSpace_tooSmall',
  70: 'ZSTD_error_dstSize_tooSmall',
  72: 'ZSTD_error_srcSize_wrong',
  74: 'ZSTD_error_dstBuffer_null',
  80: 'ZSTD_error_noForwardProgress_destFull',
  82: 'ZSTD_error_noForwardProgress_inputEmpty',
}

interface Zstd {
  readonly native: Native
  create(): number
  /** The results of zstd are `size_t`, errors among them the last ones: negative when they are seen as signed. */
  decompress(stream: number, output: number, input: number): number
  reset(stream: number, directive: number): number
  free(stream: number): number
  errorCode(result: number): number
  errorName(result: number): string
}

/**
 * Binds the zstd inside node.
 *
 * @returns makes a decoder of zstd frames
 * @throws Error when a function is missing
 */
export function bindUnzstd(native: Native): () => Decoder {
  const zstd: Zstd = {
    native,
    create: native.bind('uintptr_t ZSTD_createDStream()'),
    decompress: native.bind(
      'intptr_t ZSTD_decompressStream(uintptr_t stream, uintptr_t output, uintptr_t input)',
    ),
    reset: native.bind('intptr_t ZSTD_DCtx_reset(uintptr_t stream, int directive)'),
    free: native.bind('intptr_t ZSTD_freeDStream(uintptr_t stream)'),
    errorCode: native.bind('int ZSTD_getErrorCode(intptr_t result)'),
    errorName: native.bind<[number], string>('const char *ZSTD_getErrorName(intptr_t result)'),
  }
  return () => new Unzstd(zstd)
}

class Unzstd implements Decoder {
  readonly #zstd: Zstd
  readonly #in: BufferStruct
  readonly #out: BufferStruct
  readonly #input: LentMemory
  readonly #output: LentMemory
  /** Address of the decoder's state. */
  #stream: number

  /** @throws Error when there is no memory */
  constructor(zstd: Zstd) {
    const { native } = zstd
    this.#zstd = zstd
    this.#in = new BufferStruct(native)
    this.#out = new BufferStruct(native)
    this.#input = new LentMemory(native)
    this.#output = new LentMemory(native)
    const stream = zstd.create()
    if (stream === 0) throw new Error('zstd has no memory for a decoder')
    this.#stream = stream
    abandoned.register(this, () => void zstd.free(stream), this)
  }

  step(input: Uint8Array, output: Uint8Array): DecoderStep {
    const stream = this.#open()
    this.#in.set(this.#input.lendInput(input), Math.min(input.length, STEP_MAX))
    this.#out.set(this.#output.lendOutput(output), Math.min(output.length, STEP_MAX))
    const result = this.#zstd.decompress(stream, this.#out.address, this.#in.address)
    const read = this.#in.position
    const written = this.#out.position
    this.#input.release()
    this.#output.giveBack(output, written)
    if (result < 0) throw this.#error(result)
    return { read, written, isEnd: result === 0 }
  }

  reset(): void {
    const result = this.#zstd.reset(this.#open(), RESET_SESSION)
    if (result < 0) throw this.#error(result)
  }

  close(): void {
    if (this.#stream === 0) return
    abandoned.unregister(this)
    this.#zstd.free(this.#stream)
    this.#stream = 0
  }

  #open(): number {
    if (this.#stream === 0) throw closedError()
    return this.#stream
  }

  #error(result: number): Error {
    const number = this.#zstd.errorCode(result)
    return zlibError(this.#zstd.errorName(result), ERROR_CODES[number] ?? 'ZSTD_error', number)
  }
}

/** A ZSTD_inBuffer or ZSTD_outBuffer. */
class BufferStruct {
  readonly #memory: NativeMemory
  readonly #words: Uint32Array

  constructor(native: Native) {
    this.#memory = new NativeMemory(native, BUFFER_SIZE)
    this.#words = new Uint32Array(this.#memory.bytes.buffer)
  }

  get address(): number {
    return this.#memory.address
  }

  /** Bytes that were read or written. */
  get position(): number {
    return this.#words[POSITION] as number
  }

  set(pointer: number, size: number): void {
    const words = this.#words
    words[POINTER] = pointer
    words[POINTER + 1] = pointer / 2 ** 32
    words[SIZE] = size
    words[SIZE + 1] = 0
    words[POSITION] = 0
    words[POSITION + 1] = 0
  }
}
