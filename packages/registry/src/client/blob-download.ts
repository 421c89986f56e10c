import { type HttpResponse, headerOf } from '../http/exchange.ts'
import { FailedTry } from '../http/failed-try.ts'
import { parseContentRange } from './content-range.ts'
import { assertDigest } from './digest.ts'
import type { RegistrySession } from './session.ts'

/** A blob as a descriptor names it. */
export interface BlobName {
  readonly digest: string
  readonly size: number
}

/** A try that brought as much as this has not failed in vain. Less would let a registry keep us for ever. */
const PROGRESS_MIN = 16 << 10

/**
 * Yields the bytes of a blob from `offset` on: each once and in order, to the end that `size` names. A download that
 * breaks goes on where it was, by Range; a server without ranges sends all again, and what is here is skipped.
 *
 * @throws RegistryError, and the reason of the signal
 */
export async function* downloadBlob(
  session: RegistrySession,
  blob: BlobName,
  { offset, signal }: { readonly offset: number; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  assertDigest(blob.digest)
  const download = new Download(session, blob, signal)
  const retries = session.retries(`blob ${blob.digest}`, signal)
  let position = offset
  while (position < blob.size) {
    const start = position
    try {
      for await (const chunk of download.from(position)) {
        position += chunk.byteLength
        yield chunk
      }
    } catch (error) {
      if (position - start >= PROGRESS_MIN) retries.renew()
      await retries.wait(error, position)
    }
  }
}

class Download {
  readonly #session: RegistrySession
  readonly #blob: BlobName
  readonly #signal: AbortSignal | undefined
  /** Of the first answer: what goes on is to be the same. */
  #entityTag: string | undefined
  #hasRanges = true

  constructor(session: RegistrySession, blob: BlobName, signal: AbortSignal | undefined) {
    this.#session = session
    this.#blob = blob
    this.#signal = signal
  }

  /** One try: what comes from `position` on. A range that cannot be used is no try; the whole is asked for. */
  async *from(position: number): AsyncGenerator<Uint8Array> {
    let response = await this.#ask(position)
    if (this.#hasRanges && position > 0 && !this.#isRangeOf(response, position)) {
      this.#hasRanges = false
      await response.body.drain()
      response = await this.#ask(0)
    }
    try {
      const start = response.status === 206 ? position : 0
      this.#checkLength(response, start)
      yield* this.#bytes(response, position - start, position)
    } finally {
      response.body.close()
    }
  }

  #ask(position: number): Promise<HttpResponse> {
    const hasRange = position > 0 && this.#hasRanges
    return this.#session.attempt({
      what: `blob ${this.#blob.digest}`,
      method: 'GET',
      path: `blobs/${this.#blob.digest}`,
      headers: {
        // What is packed again on its way has other offsets.
        'accept-encoding': 'identity',
        ...(hasRange ? { range: `bytes=${position}-` } : {}),
        ...(hasRange && this.#entityTag !== undefined ? { 'if-range': this.#entityTag } : {}),
      },
      expected: hasRange ? [200, 206, 416] : [200],
      signal: this.#signal,
    })
  }

  /** True for the rest that was asked for, and for the whole. */
  #isRangeOf(response: HttpResponse, position: number): boolean {
    if (response.status === 200) return true
    const range = parseContentRange(headerOf(response, 'content-range'))
    if (response.status === 416 || range?.start !== position) return false
    return range.total === undefined || range.total === this.#blob.size
  }

  /** A length that is too small is a body that ends early. */
  #checkLength(response: HttpResponse, start: number): void {
    const tag = headerOf(response, 'etag')
    // Weak tags are not for ranges.
    if (response.status === 200 && tag?.startsWith('"')) this.#entityTag = tag
    const length = Number(headerOf(response, 'content-length'))
    const expected = this.#blob.size - start
    if (length > expected) throw this.#tooLong(start + length)
  }

  async *#bytes(response: HttpResponse, skip: number, position: number) {
    const { size } = this.#blob
    let missing = size - position
    let toSkip = skip
    for await (const piece of response.body.pieces(missing + skip)) {
      const chunk = piece.subarray(Math.min(toSkip, piece.byteLength))
      toSkip -= piece.byteLength - chunk.byteLength
      if (chunk.byteLength === 0) continue
      if (chunk.byteLength > missing) throw this.#tooLong(undefined)
      missing -= chunk.byteLength
      yield chunk
      if (missing === 0) return
    }
    const actual = size - missing - toSkip
    throw new FailedTry(
      'ERR_REGISTRY_UNAVAILABLE',
      `the body ended after ${actual} of ${size} bytes`,
      { isRetryable: true, facts: { expected: size, actual } },
    )
  }

  #tooLong(actual: number | undefined): FailedTry {
    const { size } = this.#blob
    return new FailedTry(
      'ERR_REGISTRY_PROTOCOL',
      `the registry has ${actual ?? 'more'} bytes of a blob of ${size}`,
      { isRetryable: false, facts: { expected: size, actual } },
    )
  }
}
