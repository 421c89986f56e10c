import { seededRandom } from '@composefs/test-fixtures'
import { RandomBytes } from './random-bytes.ts'

const CORPUS_SIZE = 1 << 20
const WORDS = 1500
/** Of so many pieces of a content one is of random bytes: gzip then makes of it what it makes of a Debian root. */
const PIECES_PER_RANDOM_ONE = 24
const PIECE_MAX = 160

/** Contents that compress about as programs and texts do, no two of them alike, from a seed. */
export class CompressibleBytes {
  readonly #random
  readonly #bytes: RandomBytes
  readonly #corpus: Buffer

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    this.#bytes = new RandomBytes(`compressible ${seed}`)
    this.#corpus = this.#makeCorpus()
  }

  /** The next content. */
  next(length: number): Buffer {
    const content = Buffer.allocUnsafe(length)
    const { below } = this.#random
    for (let at = 0; at < length; ) {
      const size = Math.min(length - at, 16 + below(PIECE_MAX - 16))
      if (below(PIECES_PER_RANDOM_ONE) === 0) {
        content.set(this.#bytes.next(size), at)
      } else {
        const from = below(CORPUS_SIZE - PIECE_MAX)
        this.#corpus.copy(content, at, from, from + size)
      }
      at += size
    }
    return content
  }

  /** Text of words; the first of the list come far more often than the last. */
  #makeCorpus(): Buffer {
    const { below } = this.#random
    const words = Array.from({ length: WORDS }, () =>
      Array.from({ length: 2 + below(9) }, () => String.fromCharCode(97 + below(26))).join(''),
    )
    const corpus = Buffer.alloc(CORPUS_SIZE, 32)
    for (let at = 0; at < CORPUS_SIZE; ) {
      const rank = Math.floor(WORDS ** (below(2 ** 20) / 2 ** 20)) - 1
      at += corpus.write(words[rank] ?? '', at, 'latin1') + 1
    }
    return corpus
  }
}
