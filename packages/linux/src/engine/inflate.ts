import { closedError, type Decoder, type DecoderStep, zlibError } from './decoder.ts'
import type { Native } from './native.ts'
import { abandoned, LentMemory, NativeMemory } from './native-memory.ts'

/** The largest window, and 16 for gzip with its header and trailer (zlib.h, inflateInit2). */
const GZIP_WINDOW_BITS = 15 + 16

/** zlib counts with 32 bits. */
const STEP_MAX = 2 ** 30

/** `z_stream` of zlib.h: indexes of its fields in words of 32 bits, where pointers and `long` have 64. */
const Z_STREAM_SIZE = 112
const NEXT_IN = 0
const AVAIL_IN = 2
const NEXT_OUT = 6
const AVAIL_OUT = 8
const MESSAGE = 12

/** zlibCompileFlags: `int` of 4 bytes; `long`, pointers and offsets of 8. */
const SIZES_MASK = 0xff
const SIZES = 0xa9

const Z_NO_FLUSH = 0
const Z_OK = 0
const Z_STREAM_END = 1
const Z_BUF_ERROR = -5

/** Names of results that are errors. */
const CODES: Readonly<Record<number, string>> = {
  2: 'Z_NEED_DICT',
  [-1]: 'Z_ERRNO',
  [-2]: 'Z_STREAM_ERROR',
  [-3]: 'Z_DATA_ERROR',
  [-4]: 'Z_MEM_ERROR',
  [-6]: 'Z_VERSION_ERROR',
}

interface Zlib {
  readonly native: Native
  readonly version: string
  init(stream: number, windowBits: number, version: string, size: number): number
  inflate(stream: number, flush: number): number
  reset(stream: number): number
  end(stream: number): number
}

/**
 * Binds the zlib inside node.
 *
 * @returns makes a decoder of gzip members
 * @throws Error when a function is missing, or this zlib has other structs
 */
export function bindInflate(native: Native): () => Decoder {
  const version = native.bind<[], string>('const char *zlibVersion()')()
  const flags = native.bind<[]>('unsigned long zlibCompileFlags()')()
  if (!version.startsWith('1.') || (flags & SIZES_MASK) !== SIZES) {
    throw new Error(`zlib ${version} with flags ${flags}`)
  }
  const zlib: Zlib = {
    native,
    version,
    init: native.bind(
      'int inflateInit2_(uintptr_t stream, int window_bits, str version, int stream_size)',
    ),
    inflate: native.bind('int inflate(uintptr_t stream, int flush)'),
    reset: native.bind('int inflateReset(uintptr_t stream)'),
    end: native.bind('int inflateEnd(uintptr_t stream)'),
  }
  return () => new Inflate(zlib)
}

class Inflate implements Decoder {
  readonly #zlib: Zlib
  readonly #stream: NativeMemory
  readonly #words: Uint32Array
  readonly #input: LentMemory
  readonly #output: LentMemory
  #isOpen = true

  /** @throws Error when zlib cannot begin */
  constructor(zlib: Zlib) {
    const { native, version } = zlib
    const stream = new NativeMemory(native, Z_STREAM_SIZE)
    this.#zlib = zlib
    this.#stream = stream
    this.#words = new Uint32Array(stream.bytes.buffer)
    this.#input = new LentMemory(native)
    this.#output = new LentMemory(native)
    // zlib compares the size of the struct with its own.
    const result = zlib.init(stream.address, GZIP_WINDOW_BITS, version, Z_STREAM_SIZE)
    if (result !== Z_OK) throw this.#error(result)
    // The struct must be there until the end: its address is in the state that zlib keeps.
    abandoned.register(this, () => void zlib.end(stream.address), this)
  }

  step(input: Uint8Array, output: Uint8Array): DecoderStep {
    this.#assertOpen()
    const words = this.#words
    const available = Math.min(input.length, STEP_MAX)
    const room = Math.min(output.length, STEP_MAX)
    setAddress(words, NEXT_IN, this.#input.lendInput(input))
    words[AVAIL_IN] = available
    setAddress(words, NEXT_OUT, this.#output.lendOutput(output))
    words[AVAIL_OUT] = room
    const result = this.#zlib.inflate(this.#stream.address, Z_NO_FLUSH)
    const read = available - (words[AVAIL_IN] as number)
    const written = room - (words[AVAIL_OUT] as number)
    this.#input.release()
    this.#output.giveBack(output, written)
    // Nothing to do is no error: the input was empty, or the output.
    if (result === Z_OK || result === Z_BUF_ERROR) return { read, written, isEnd: false }
    if (result === Z_STREAM_END) return { read, written, isEnd: true }
    throw this.#error(result)
  }

  reset(): void {
    this.#assertOpen()
    const result = this.#zlib.reset(this.#stream.address)
    if (result !== Z_OK) throw this.#error(result)
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    abandoned.unregister(this)
    this.#zlib.end(this.#stream.address)
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw closedError()
  }

  #error(result: number): Error {
    const low = this.#words[MESSAGE] as number
    const message = low + (this.#words[MESSAGE + 1] as number) * 2 ** 32
    const text = message === 0 ? 'Zlib error' : this.#zlib.native.text(message)
    return zlibError(text, CODES[result] ?? 'Z_ERRNO', result)
  }
}

function setAddress(words: Uint32Array, at: number, address: number): void {
  words[at] = address
  words[at + 1] = address / 2 ** 32
}
