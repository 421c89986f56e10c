import {
  type Algorithm,
  createFsverity,
  type Digest,
  fsverityDigest,
  type Hashing,
} from '@composefs/fsverity'
import type { TarEntry } from '../tar/entry.ts'
import type { LayerSink, ObjectPieces } from '../tar/splitter.ts'
import type { PolicyContents } from './policy-contents.ts'

/** What becomes of the parts of a layer that nobody stores. */
export interface DigestSinkOptions {
  readonly algorithms: readonly Algorithm[]
  readonly hashing: Hashing
  /** One for each algorithm: the same tree with other digests. */
  readonly mergers: readonly { apply(entry: TarEntry): void }[]
  /** Keeps what making the boot variant will read. */
  readonly policy: PolicyContents | undefined
}

/**
 * Hashes the contents of a layer by several algorithms at once and puts its entries into a tree for each. Everything
 * else of the layer goes nowhere.
 */
export class DigestSink implements LayerSink {
  readonly #options: DigestSinkOptions
  /** Of the content whose entry comes next, by algorithm. */
  #digests: readonly Digest[] = []

  constructor(options: DigestSinkOptions) {
    this.#options = options
  }

  inline(): void {}

  external(): void {}

  object(content: Uint8Array, path: Uint8Array): Digest {
    const { algorithms, hashing, policy } = this.#options
    const digests = algorithms.map(algorithm => fsverityDigest(content, { algorithm, hashing }))
    if (policy?.wants(path)) policy.keep(digests, new Uint8Array(content))
    return this.#remember(digests)
  }

  openObject(path: Uint8Array): ObjectPieces {
    const { algorithms, hashing, policy } = this.#options
    const hashes = algorithms.map(algorithm => createFsverity({ algorithm, hashing }))
    const kept = policy?.wants(path) ? policy.startKeeping() : undefined
    return {
      write(data) {
        for (const hash of hashes) hash.update(data)
        kept?.write(data)
      },
      finish: () => {
        const digests = hashes.map(hash => hash.digest())
        kept?.finish(digests)
        return this.#remember(digests)
      },
      abort() {},
    }
  }

  entry(entry: TarEntry): void {
    for (const [index, merger] of this.#options.mergers.entries()) {
      merger.apply(this.#withDigest(entry, index))
    }
  }

  /** The entry as the tree of another algorithm has it. */
  #withDigest(entry: TarEntry, index: number): TarEntry {
    const digest = this.#digests[index]
    if (index === 0 || digest === undefined || entry.content?.kind !== 'external') return entry
    return { ...entry, content: { kind: 'external', digest } }
  }

  #remember(digests: readonly Digest[]): Digest {
    const [first] = digests
    if (first === undefined) throw new TypeError('no algorithm')
    this.#digests = digests
    return first
  }
}
