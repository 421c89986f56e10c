import { FailedTry } from './failed-try.ts'

/** The connection that a body comes from. */
export interface BodySource {
  pause(): void
  resume(): void
  /** Ends the connection. */
  abort(): void
}

/** A body is read ahead by this many bytes, then its connection has to wait. */
const READ_AHEAD = 1 << 20

/** What a chunk counts for at least: many of a byte each hold as much memory. */
const CHUNK_COST = 1 << 10

/** Smaller pieces are joined: whoever hashes and unpacks them pays for each. */
const PIECE_MIN = 64 << 10

/** What an unwanted body may have left for its connection to be worth the reading. */
const DRAIN_MAX = 64 << 10

/**
 * The body of an answer. It is read once, by `pieces` or `bytes`, or closed: until then it keeps its connection, and
 * no more than a bounded part of it in memory.
 */
export class ResponseBody {
  readonly #source: BodySource
  #queue: Uint8Array[] = []
  #queued = 0
  /** Memory of the queue. */
  #cost = 0
  #isPaused = false
  #isEnded = false
  #isClosed = false
  #failure: unknown
  #wake: (() => void) | undefined

  constructor(source: BodySource) {
    this.#source = source
  }

  /** Takes over a chunk. */
  push(chunk: Uint8Array): void {
    if (this.#isClosed) return
    this.#queue.push(chunk)
    this.#queued += chunk.byteLength
    this.#cost += costOf(chunk)
    if (this.#cost >= READ_AHEAD && !this.#isPaused) {
      this.#isPaused = true
      this.#source.pause()
    }
    this.#wake?.()
  }

  end(): void {
    this.#isEnded = true
    this.#wake?.()
  }

  /** What came before the failure can still be read. */
  fail(failure: unknown): void {
    this.#failure ??= failure
    this.#isEnded = true
    this.#wake?.()
  }

  /** Nothing of it can be read any more. */
  cancel(reason: unknown): void {
    this.#failure = reason
    this.#clear()
    this.#isEnded = true
    this.#wake?.()
  }

  /**
   * The body in pieces of some size, each the caller's own. `expected` bytes are handed out at once when they are
   * here, even where the body does not end. Breaking out of the loop frees the connection.
   *
   * @throws FailedTry, or the reason of an AbortSignal
   */
  async *pieces(expected = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
    let missing = expected
    try {
      while (true) {
        const wanted = Math.min(PIECE_MIN, Math.max(missing, 1))
        while (!this.#isEnded && !this.#isPaused && this.#queued < wanted) await this.#change()
        const piece = this.#take()
        if (piece === undefined) {
          if (this.#failure !== undefined) throw this.#failure
          return
        }
        missing -= piece.byteLength
        yield piece
      }
    } finally {
      this.close()
    }
  }

  /**
   * The whole body.
   *
   * @throws FailedTry ERR_REGISTRY_TOO_LARGE for one of more than `maxSize` bytes
   */
  async bytes(maxSize: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = []
    let size = 0
    for await (const piece of this.pieces()) {
      size += piece.byteLength
      if (size > maxSize) throw tooLarge(maxSize)
      pieces.push(piece)
    }
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : concat(pieces, size)
  }

  /** Reads what is not wanted, if it is little, so that the connection can be used again. */
  async drain(): Promise<void> {
    let size = 0
    try {
      for await (const piece of this.pieces()) {
        size += piece.byteLength
        if (size > DRAIN_MAX) return
      }
    } catch (error) {
      // A body that nobody wants may fail; whoever gave up is told.
      if (!(error instanceof FailedTry)) throw error
    }
  }

  /** Frees the connection. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#clear()
    if (!this.#isEnded) this.#source.abort()
  }

  #take(): Uint8Array | undefined {
    let count = 0
    let size = 0
    while (count < this.#queue.length && size < PIECE_MIN) {
      size += this.#queue[count++]?.byteLength ?? 0
    }
    if (count === 0) return undefined
    const taken = this.#queue.splice(0, count)
    this.#queued -= size
    for (const chunk of taken) this.#cost -= costOf(chunk)
    if (this.#isPaused && this.#cost <= READ_AHEAD / 2) {
      this.#isPaused = false
      if (!this.#isEnded) this.#source.resume()
    }
    return taken.length === 1 ? taken[0] : concat(taken, size)
  }

  async #change(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#wake = resolve
    })
    this.#wake = undefined
  }

  #clear(): void {
    this.#queue = []
    this.#queued = 0
    this.#cost = 0
  }
}

/** More bytes than a document may have. */
export function tooLarge(maxSize: number, actual?: number): FailedTry {
  return new FailedTry('ERR_REGISTRY_TOO_LARGE', `more than ${maxSize} bytes`, {
    isRetryable: false,
    facts: { expected: maxSize, ...(actual === undefined ? {} : { actual }) },
  })
}

function costOf({ byteLength }: Uint8Array): number {
  return Math.max(byteLength, CHUNK_COST)
}

function concat(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size)
  let offset = 0
  for (const piece of pieces) {
    whole.set(piece, offset)
    offset += piece.byteLength
  }
  return whole
}
