/** A growing list of indexes: 4 bytes each. */
export class IndexList {
  #items = new Uint32Array(16)
  #length = 0

  push(index: number): void {
    if (this.#length === this.#items.length) {
      const grown = new Uint32Array(2 * this.#length)
      grown.set(this.#items)
      this.#items = grown
    }
    this.#items[this.#length++] = index
  }

  /** The list so far, in new memory. */
  toArray(): Uint32Array {
    return this.#items.slice(0, this.#length)
  }
}
