import { type HttpResponse, headerOf } from '../http/exchange.ts'
import { FailedTry } from '../http/failed-try.ts'
import type { ResponseBody } from '../http/response-body.ts'
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
 * @throws RegistryError, the reason of the signal, TypeError or RangeError for no digest, size or offset
 */
export async function* downloadBlob(
  session: RegistrySession,
  blob: BlobName,
  { offset, signal }: { readonly offset: number; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  const { digest, size } = blob
  assertDigest(digest)
  assertOffset(offset, size)
  const download = new Download(session, blob, signal)
  const retries = session.retries(`blob ${digest}`, signal)
  let position = offset
  while (position < size) {
    const start = position
    try {
      const { body, from } = await download.open(position)
      let skip = position - from
      for await (const piece of body.pieces(size - from)) {
        const chunk = skip === 0 ? piece : piece.subarray(Math.min(skip, piece.byteLength))
        skip -= piece.byteLength - chunk.byteLength
        if (chunk.byteLength === 0) continue
        if (position + chunk.byteLength > size) throw tooLong(size)
        position += chunk.byteLength
        yield chunk
        if (position === size) return
      }
      throw tooShort(size, position - skip)
    } catch (error) {
      if (position - start >= PROGRESS_MIN) retries.renew()
      await retries.wait(error, position)
    }
  }
}

function assertOffset(offset: number, size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`size ${size}`)
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > size) {
    throw new RangeError(`offset ${offset} of a blob of ${size} bytes`)
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

  /**
   * One try: the blob from `position` on, or from its beginning where the server has it no other way. A range that
   * cannot be used is no try; the whole is asked for.
   */
  async open(position: number): Promise<{ readonly body: ResponseBody; readonly from: number }> {
    let response = await this.#ask(position)
    if (this.#hasRanges && position > 0 && !this.#isRangeOf(response, position)) {
      this.#hasRanges = false
      await response.body.drain()
      response = await this.#ask(0)
    }
    const { status, body } = response
    const tag = headerOf(response, 'etag')
    // Weak tags are not for ranges.
    if (status === 200 && tag?.startsWith('"')) this.#entityTag = tag
    const from = status === 206 ? position : 0
    // A length that is too small is a body that ends early.
    const end = from + Number(headerOf(response, 'content-length'))
    if (end > this.#blob.size) {
      body.close()
      throw tooLong(this.#blob.size, end)
    }
    return { body, from }
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
}

function tooShort(size: number, actual: number): FailedTry {
  return new FailedTry(
    'ERR_REGISTRY_UNAVAILABLE',
    `the body ended after ${actual} of ${size} bytes`,
    { isRetryable: true, facts: { expected: size, actual } },
  )
}

function tooLong(size: number, actual?: number): FailedTry {
  return new FailedTry(
    'ERR_REGISTRY_PROTOCOL',
    `the registry has ${actual ?? 'more'} bytes of a blob of ${size}`,
    { isRetryable: false, facts: { expected: size, ...(actual === undefined ? {} : { actual }) } },
  )
}
