import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import type { Algorithm } from './algorithm.ts'
import type { BlockHasher, Hashing } from './hashing.ts'

const FUNCTIONS = { sha256, sha384, sha512 } as const

/** The portable hash: pure JavaScript, for browsers, Bun, Deno and Node alike. */
export const nobleHashing: Hashing = {
  blocks: nobleBlockHasher,
  stream(name) {
    const state = FUNCTIONS[name].create()
    return {
      update: data => void state.update(data),
      digest: () => state.digest(),
    }
  },
}

function nobleBlockHasher(algorithm: Algorithm): BlockHasher {
  const hash = FUNCTIONS[algorithm.name]
  // One state, cloned from a pristine one for every block: no garbage per block.
  const pristine = hash.create()
  const state = hash.create()
  let zeros = new Uint8Array(0)
  return {
    algorithm,
    hash: data => hash(data),
    hashBlocks(data, blockSize, out) {
      let at = 0
      for (let start = 0; start < data.length; start += blockSize) {
        const block = data.subarray(start, start + blockSize)
        pristine._cloneInto(state as never)
        state.update(block)
        if (block.length < blockSize) {
          if (zeros.length < blockSize) zeros = new Uint8Array(blockSize)
          state.update(zeros.subarray(0, blockSize - block.length))
        }
        state.digestInto(out.subarray(at))
        at += algorithm.digestSize
      }
    },
  }
}
