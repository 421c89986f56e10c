import type { BlobName } from '../client/blob-download.ts'
import { hasBlob } from '../client/blobs.ts'
import { assertDigest } from '../client/digest.ts'
import type { RegistrySession } from '../client/session.ts'
import { FailedTry } from '../http/failed-try.ts'
import { BlobUpload, PROGRESS_MIN, type UploadOptions } from './blob-upload.ts'
import { UploadSource } from './upload-source.ts'

/** How to send a blob. */
export interface SendBlobOptions {
  /** Default: 16 MiB. Blobs up to this go in one request, of which nothing is left when it breaks. */
  readonly wholeMaximum?: number | undefined
  /** Most bytes of a request, where there are several. Default: 1 GiB. A registry may want more. */
  readonly chunkSize?: number | undefined
  /** @param bytes that were sent so far; fewer than before when a try starts again */
  readonly onProgress?: ((bytes: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

const WHOLE_MAXIMUM = 16 << 20

/** Large, as an upload that breaks goes on where it was: small ones only help proxies that allow no large ones. */
const CHUNK_SIZE = 1 << 30

/**
 * Uploads a blob. A small one is sent as a whole, and from the start again when that fails. A large one goes on from
 * what the registry says it has.
 *
 * @throws RegistryError, the reason of the signal, and whatever the source throws; the upload is cancelled then
 */
export async function sendBlob(
  session: RegistrySession,
  blob: BlobName,
  open: () => AsyncIterable<Uint8Array>,
  options: SendBlobOptions,
): Promise<void> {
  assertDigest(blob.digest)
  const { onProgress, signal } = options
  const source = new UploadSource(open, blob.size)
  const sending = new Sending({ session, blob, source, onProgress, signal }, options)
  const retries = session.retries(`blob ${blob.digest}`, signal, 'PUT')
  try {
    for (let best = 0; ; ) {
      try {
        return await sending.go()
      } catch (error) {
        if (sending.offset - best >= PROGRESS_MIN) retries.renew()
        best = Math.max(best, sending.offset)
        await retries.wait(error, sending.offset)
      }
    }
  } catch (error) {
    await sending.cancel()
    throw error
  } finally {
    source.close()
  }
}

/** How registries say that they take no PATCH. */
const NO_CHUNKS: ReadonlySet<number> = new Set([400, 405, 411, 415, 501])

/** The tries of one upload. */
class Sending {
  readonly #options: UploadOptions
  #isWhole: boolean
  readonly #chunkSize: number
  #upload: BlobUpload | undefined
  #hasBegun = false

  constructor(options: UploadOptions, { wholeMaximum, chunkSize }: SendBlobOptions) {
    this.#options = options
    this.#isWhole = options.blob.size <= (wholeMaximum ?? WHOLE_MAXIMUM)
    this.#chunkSize = chunkSize ?? CHUNK_SIZE
  }

  /** Bytes that the registry has for sure. */
  get offset(): number {
    return this.#upload?.offset ?? 0
  }

  /** One try, which goes on from where the last one was if it can. */
  async go(): Promise<void> {
    const { session, blob, signal } = this.#options
    if (this.#hasBegun) {
      // The answer may be all that was lost.
      if (await hasBlob(session, blob.digest, signal)) return
      await this.#recover()
    }
    this.#hasBegun = true
    this.#upload ??= await BlobUpload.start(this.#options)
    const upload = this.#upload
    if (this.#isWhole) return await upload.sendWhole()
    try {
      const chunkSize = Math.max(this.#chunkSize, upload.chunkMinimum)
      while (upload.offset < blob.size) await upload.sendChunk(chunkSize)
    } catch (error) {
      throw upload.offset === 0 ? this.#withoutChunks(error) : error
    }
    await upload.finish()
  }

  /** A registry that knows no chunks gets the blob as a whole, by the next try. */
  #withoutChunks(error: unknown): unknown {
    if (!(error instanceof FailedTry) || !NO_CHUNKS.has(error.facts.status ?? 0)) return error
    this.#isWhole = true
    const { code, message, facts } = error
    return new FailedTry(code, message, { isRetryable: true, facts, cause: error })
  }

  async cancel(): Promise<void> {
    await this.#upload?.cancel()
  }

  async #recover(): Promise<void> {
    const upload = this.#upload
    if (upload === undefined) return
    if (!this.#isWhole && (await canResume(upload))) return
    this.#upload = undefined
    await upload.cancel()
  }
}

async function canResume(upload: BlobUpload): Promise<boolean> {
  try {
    return await upload.resume()
  } catch (error) {
    // Whatever it is: the next upload finds out.
    if (error instanceof FailedTry) return false
    throw error
  }
}
