import { concatBytes } from '@composefs/bytes'
import { type Algorithm, Digest, fsverityDigest, SHA256 } from '@composefs/fsverity'
import type { FileTree } from '@composefs/tree'
import type { PlannedLayer } from '../source/plan.ts'
import type { LayerSink, ObjectPieces } from '../tar/splitter.ts'
import { type PolicyContents, type PolicyFile, policyFiles } from './policy-contents.ts'
import { type LayerReading, readLayer } from './read-layer.ts'

export interface ReadPolicyOptions {
  readonly reading: LayerReading
  /** Base first. */
  readonly layers: readonly PlannedLayer[]
  readonly algorithms: readonly Algorithm[]
  readonly policy: PolicyContents
  /** Called when there is something to be read. */
  onStart(): void
}

/**
 * Finds the contents of policy files that went by under another name: images made from ostree commits have hard links
 * below /etc/selinux, to files that nothing distinguished when they came. Reads layers until all are found.
 */
export async function readPolicyAgain(tree: FileTree, options: ReadPolicyOptions): Promise<void> {
  const { policy, layers, reading } = options
  const used = new Set<string>()
  const missing = new Map<string, PolicyFile>()
  for (const file of policyFiles(tree)) {
    used.add(file.digest.hex)
    if (!policy.has(file.digest)) missing.set(file.digest.hex, file)
  }
  if (missing.size === 0) return
  options.onStart()
  // What other layers have put in the place of it is not read any more, and takes the room of what is.
  policy.retain(used)
  const sink = new SearchSink(missing, options)
  for (const layer of layers) {
    if (missing.size === 0) return
    await readLayer(layer, reading, { sink })
  }
}

/** The splitter wants a name for each object; nobody reads this one. */
const NO_DIGEST = new Digest(SHA256, new Uint8Array(SHA256.digestSize))

/** Looks for contents of known size and digest. */
class SearchSink implements LayerSink {
  readonly #missing: Map<string, PolicyFile>
  readonly #options: ReadPolicyOptions

  constructor(missing: Map<string, PolicyFile>, options: ReadPolicyOptions) {
    this.#missing = missing
    this.#options = options
  }

  inline(): void {}

  external(): void {}

  entry(): void {}

  object(content: Uint8Array): Digest {
    const isCandidate = [...this.#missing.values()].some(({ size }) => size === content.length)
    if (isCandidate) this.#compare(content)
    return NO_DIGEST
  }

  openObject(): ObjectPieces {
    const largest = Math.max(0, ...Array.from(this.#missing.values(), ({ size }) => size))
    const pieces: Uint8Array[] = []
    let size = 0
    return {
      write(data) {
        size += data.length
        if (size <= largest) pieces.push(new Uint8Array(data))
        else pieces.length = 0
      },
      finish: () => (size <= largest ? this.object(concatBytes(pieces)) : NO_DIGEST),
      abort() {},
    }
  }

  #compare(content: Uint8Array): void {
    const { algorithms, policy, reading } = this.#options
    const digests = algorithms.map(algorithm =>
      fsverityDigest(content, { algorithm, hashing: reading.hashing }),
    )
    const [first] = digests
    if (first === undefined || !this.#missing.delete(first.hex)) return
    policy.keep(digests, new Uint8Array(content))
  }
}
