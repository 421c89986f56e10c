import type { Hashing } from '@composefs/fsverity'
import { LinuxError } from '../errors.ts'
import type { Decoder } from './decoder.ts'
import { bindInflate } from './inflate.ts'
import { ifBound, loadNative, type Native } from './native.ts'
import { NativeHashing } from './native-hashing.ts'
import { gzipWorks, zstdWorks } from './self-test.ts'
import { bindUnzstd } from './unzstd.ts'

/**
 * Which engine computes: `native` calls OpenSSL, zlib and zstd inside the node executable directly, `node` leaves it to
 * `node:crypto` and `node:zlib`, `auto` takes the first where it works and the second where not, part by part.
 */
export type EngineChoice = 'auto' | 'native' | 'node'

/** Every choice. */
export const ENGINE_CHOICES: readonly EngineChoice[] = ['auto', 'native', 'node']

/** Who hashes and decompresses. */
export interface Engine {
  readonly hashing: Hashing
  /** Decoders of layers; undefined for a format that is left to `node:zlib`. */
  readonly decoders: {
    /** A decoder of gzip members. */
    gzip(): Decoder | undefined
    /** A decoder of zstd frames. */
    zstd(): Decoder | undefined
  }
}

/** What an engine is made of. */
export interface EngineOptions {
  /** The hashes where there are no native ones: `nodeHashing`. */
  readonly fallback: Hashing
  /** Default `auto`. */
  readonly choice?: EngineChoice
}

/** Reads a choice; undefined for what is none. */
export function parseEngineChoice(text: string): EngineChoice | undefined {
  return ENGINE_CHOICES.find(choice => choice === text)
}

/**
 * Makes an engine. Nothing is loaded before the first use. Each part is tried on known data then, and one that is
 * missing, or gives anything else, is not used.
 *
 * With `native`, the use of such a part throws LinuxError ERR_LINUX_NO_ENGINE.
 *
 * @example
 * const { hashing, decoders } = createEngine({ fallback: nodeHashing })
 */
export function createEngine({ fallback, choice = 'auto' }: EngineOptions): Engine {
  if (choice === 'node') {
    return { hashing: fallback, decoders: { gzip: () => undefined, zstd: () => undefined } }
  }
  const assertNative = <T>(part: T | undefined, what: string): T | undefined => {
    if (part !== undefined || choice === 'auto') return part
    throw new LinuxError(
      'ERR_LINUX_NO_ENGINE',
      `the native engine was asked for, and the ${what} inside this node cannot be called`,
      { platform: process.platform, architecture: process.arch },
    )
  }
  const native = new NativeHashing()
  const gzip = decoderMaker(bindInflate, gzipWorks)
  const zstd = decoderMaker(bindUnzstd, zstdWorks)
  return {
    hashing: {
      blocks: algorithm =>
        assertNative(native.blocks(algorithm), algorithm.name) ?? fallback.blocks(algorithm),
      stream: name => assertNative(native.stream(name), name) ?? fallback.stream(name),
      advance: (address, data) => native.advance(address, data),
    },
    decoders: {
      gzip: () => assertNative(gzip(), 'zlib'),
      zstd: () => assertNative(zstd(), 'zstd'),
    },
  }
}

/** Makes decoders, after one that was tried. */
function decoderMaker(
  bind: (native: Native) => () => Decoder,
  works: (decoder: Decoder) => boolean,
): () => Decoder | undefined {
  let make: (() => Decoder) | undefined | 'untried' = 'untried'
  return () => {
    if (make === 'untried') {
      const native = loadNative()
      const bound = native && ifBound(() => bind(native))
      make = bound && ifBound(() => tried(bound, works)) ? bound : undefined
    }
    return make?.()
  }
}

function tried(make: () => Decoder, works: (decoder: Decoder) => boolean): boolean {
  const decoder = make()
  try {
    return works(decoder)
  } finally {
    decoder.close()
  }
}
