import type { BlobName } from '../client/blob-download.ts'
import { isVerifiable } from '../client/digest.ts'
import type { RegistrySession, SessionRequest } from '../client/session.ts'
import { type HttpResponse, headerOf } from '../http/exchange.ts'
import { FailedTry } from '../http/failed-try.ts'
import { cancelUpload } from './cancel-upload.ts'
import { receivedBytes, uploadPlace, withDigest } from './upload-place.ts'
import type { UploadSource } from './upload-source.ts'

/** What an upload is of, and for whom. */
export interface UploadOptions {
  readonly session: RegistrySession
  readonly blob: BlobName
  readonly source: UploadSource
  /** @param bytes that were sent so far */
  readonly onProgress?: ((bytes: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

const OCTETS = 'application/octet-stream'

/** A try that brought as much as this has not failed in vain. Less would let a registry keep us for ever. */
export const PROGRESS_MIN = 16 << 10

/** One upload that a registry has opened (distribution specification, "Pushing blobs"). Requests are made once each. */
export class BlobUpload {
  /** Bytes that the registry has. */
  offset = 0
  /** What a chunk may not be smaller than, unless it is the last one. */
  readonly chunkMinimum: number
  readonly #options: UploadOptions
  #place: URL
  /** Bytes that the registry may have. */
  #sent = 0

  private constructor(options: UploadOptions, response: HttpResponse) {
    this.#options = options
    this.#place = uploadPlace(response)
    const minimum = headerOf(response, 'oci-chunk-min-length') ?? ''
    this.chunkMinimum = /^\d{1,15}$/.test(minimum) ? Number(minimum) : 0
  }

  /** @throws FailedTry */
  static async start(options: UploadOptions): Promise<BlobUpload> {
    const response = await options.session.attempt({
      what: nameOf(options),
      method: 'POST',
      path: 'blobs/uploads/',
      expected: [202],
      actions: 'pull,push',
      isDocument: true,
      signal: options.signal,
    })
    await response.body.drain()
    return new BlobUpload(options, response)
  }

  /** Sends all there is, and ends the upload. */
  async sendWhole(): Promise<void> {
    const { blob } = this.#options
    await this.#end(await this.#send('PUT', { start: 0, length: blob.size, headers: {} }))
  }

  /** Sends the next `length` bytes. */
  async sendChunk(length: number): Promise<void> {
    const { blob } = this.#options
    const start = this.offset
    const end = Math.min(start + length, blob.size)
    const headers = { 'content-range': `${start}-${end - 1}` }
    const response = await this.#send('PATCH', { start, length: end - start, headers })
    await response.body.drain()
    if (response.status === 416) throw unavailable('the registry has another part of the upload')
    this.#place = uploadPlace(response)
    const received = receivedBytes(response) ?? end
    // What it did not take is sent once more; that of very little is no success, or it could keep us for ever.
    if (received !== end && !(received >= start + PROGRESS_MIN && received < end)) {
      throw unavailable(`the registry has ${received} bytes, not ${end}`)
    }
    this.offset = received
  }

  /** Ends the upload of all chunks. */
  async finish(): Promise<void> {
    const { blob } = this.#options
    await this.#end(
      await this.#attempt({
        method: 'PUT',
        path: withDigest(this.#place, blob.digest),
        headers: { 'content-type': OCTETS },
        expected: [200, 201, 204],
      }),
    )
  }

  /**
   * Asks how much of the upload has arrived.
   *
   * @returns false where the registry does not tell: there has to be another upload
   */
  async resume(): Promise<boolean> {
    const response = await this.#attempt({
      method: 'GET',
      path: this.#place,
      expected: [200, 204, 404, 405],
      isDocument: true,
    })
    await response.body.drain()
    if (response.status > 204) return false
    const received = receivedBytes(response)
    if (received === undefined || received > this.#sent) return false
    if (headerOf(response, 'location') !== undefined) this.#place = uploadPlace(response)
    this.offset = received
    return true
  }

  /** Gives the upload up; never fails. */
  cancel(): Promise<void> {
    return cancelUpload(this.#options.session, this.#place)
  }

  #send(
    method: 'PUT' | 'PATCH',
    part: {
      readonly start: number
      readonly length: number
      readonly headers: Readonly<Record<string, string>>
    },
  ): Promise<HttpResponse> {
    const { blob } = this.#options
    const { start, length, headers } = part
    return this.#attempt({
      method,
      path: method === 'PUT' ? withDigest(this.#place, blob.digest) : this.#place,
      headers: { 'content-type': OCTETS, 'content-length': String(length), ...headers },
      body: length === 0 ? undefined : () => this.#bytes(start, length),
      expected: method === 'PUT' ? [200, 201, 204] : [201, 202, 204, 416],
    })
  }

  async *#bytes(start: number, length: number): AsyncGenerator<Uint8Array> {
    const { source, onProgress } = this.#options
    let sent = start
    for await (const chunk of source.read(start, length)) {
      sent += chunk.byteLength
      this.#sent = Math.max(this.#sent, sent)
      yield chunk
      onProgress?.(sent)
    }
  }

  async #end(response: HttpResponse): Promise<void> {
    await response.body.drain()
    const { digest } = this.#options.blob
    const named = headerOf(response, 'docker-content-digest')
    const isComparable = named !== undefined && isVerifiable(named) && sameAlgorithm(named, digest)
    if (!isComparable || named === digest) return
    throw new FailedTry('ERR_REGISTRY_DIGEST_MISMATCH', `the registry has stored ${named}`, {
      isRetryable: false,
      facts: { digest, expected: digest, actual: named },
    })
  }

  async #attempt(request: Omit<SessionRequest, 'what'>): Promise<HttpResponse> {
    const { session, signal } = this.#options
    try {
      return await session.attempt({
        what: nameOf(this.#options),
        actions: 'pull,push',
        signal,
        ...request,
      })
    } catch (error) {
      // The repository was there a moment ago: what is gone is the upload, or it is at another node.
      if (!(error instanceof FailedTry) || error.code !== 'ERR_REGISTRY_NOT_FOUND') throw error
      throw unavailable(`the registry has lost the upload: ${error.message}`, error)
    }
  }
}

function nameOf({ blob }: UploadOptions): string {
  return `blob ${blob.digest}`
}

function sameAlgorithm(a: string, b: string): boolean {
  return a.split(':')[0] === b.split(':')[0]
}

function unavailable(reason: string, cause?: FailedTry): FailedTry {
  return new FailedTry('ERR_REGISTRY_UNAVAILABLE', reason, {
    isRetryable: true,
    facts: cause?.facts,
    cause,
  })
}
