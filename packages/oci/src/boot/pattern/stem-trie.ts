/** Thrown when the stems of patterns take more nodes than there may be. */
export class TrieTooLargeError extends Error {
  override readonly name = 'TrieTooLargeError'
}

/** A node of the trie: the texts that begin with the same bytes. */
export type TrieNode = number

/** The node of the empty text, and no node. */
export const TRIE_ROOT: TrieNode = 0
export const NO_NODE: TrieNode = -1

/** The bytes that patterns begin with, as a trie: one look-up a byte finds all patterns that may still match. */
export class StemTrie {
  /** Children by node * 256 + byte. */
  readonly #children = new Map<number, TrieNode>()
  readonly #nodesMax: number
  #count = 1

  constructor(nodesMax: number) {
    this.#nodesMax = nodesMax
  }

  /**
   * The node of a text, made if need be.
   *
   * @throws TrieTooLargeError
   */
  insert(text: Uint8Array): TrieNode {
    let node = TRIE_ROOT
    for (const byte of text) {
      const key = node * 256 + byte
      let child = this.#children.get(key)
      if (child === undefined) {
        if (this.#count >= this.#nodesMax) {
          throw new TrieTooLargeError(`more than ${this.#nodesMax} nodes`)
        }
        child = this.#count++
        this.#children.set(key, child)
      }
      node = child
    }
    return node
  }

  child(node: TrieNode, byte: number): TrieNode {
    return node === NO_NODE ? NO_NODE : (this.#children.get(node * 256 + byte) ?? NO_NODE)
  }
}
