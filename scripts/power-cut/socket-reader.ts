import type { Socket } from 'node:net'

/** Reads exact numbers of bytes from a connection. */
export class SocketReader {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.#chunks = socket[Symbol.asyncIterator]()
  }

  /** The next `length` bytes; undefined when the connection ends before. */
  async take(length: number): Promise<Buffer | undefined> {
    const pieces = [this.#rest]
    let available = this.#rest.length
    while (available < length) {
      const chunk = await this.#next()
      if (chunk === undefined) return undefined
      pieces.push(chunk)
      available += chunk.length
    }
    const bytes = pieces.length === 1 ? this.#rest : Buffer.concat(pieces)
    this.#rest = bytes.subarray(length)
    return bytes.subarray(0, length)
  }

  async #next(): Promise<Buffer | undefined> {
    try {
      const { value, done } = await this.#chunks.next()
      return done === true ? undefined : value
    } catch {
      // Reset by the other side, or destroyed by ours.
      return undefined
    }
  }
}
