import type { Descriptor } from '../../document/descriptor.ts'
import { parseManifest } from '../../document/manifest.ts'
import { mediaTypeRole, OCI_MANIFEST } from '../../document/media-type.ts'
import { sha256Digest } from '../../document/oci-digest.ts'
import { OciError } from '../../errors.ts'
import type { ImageSource, ManifestBytes } from '../image-source.ts'
import type { BlobRequest } from './blob-counter.ts'
import { readDirManifest } from './dir-manifest.ts'
import { readFinishedBlob } from './finished-blob.ts'
import { ProxySession } from './proxy-session.ts'
import { readRawBlob } from './raw-blob.ts'
import { beforeRetry } from './retry.ts'
import type { OpenSkopeoOptions } from './skopeo-options.ts'
import { unlessAborted } from './unless-aborted.ts'
import { UnpackedLayers } from './unpacked-layers.ts'

/** An image behind skopeo; see openSkopeo. */
export class SkopeoImage implements ImageSource {
  readonly description: string
  readonly isLocal: boolean
  readonly hasUnpackedLayers: boolean
  readonly #options: OpenSkopeoOptions
  readonly #unpacked = new UnpackedLayers()
  readonly #closing = new AbortController()
  #session: ProxySession | undefined
  #opening: Promise<ProxySession> | undefined
  #closed: Promise<void> | undefined
  /** Digest of the config that skopeo has made, where it has converted the manifest. */
  #convertedConfig: string | undefined

  private constructor(reference: string, options: OpenSkopeoOptions) {
    this.description = reference
    this.isLocal = !/^docker(?:-daemon)?:/.test(reference)
    this.hasUnpackedLayers = reference.startsWith('containers-storage:')
    this.#options = options
  }

  /** Finds out whether there is a skopeo, and an image. */
  static async open(reference: string, options: OpenSkopeoOptions): Promise<SkopeoImage> {
    const image = new SkopeoImage(reference, options)
    try {
      const signal = image.#signal(options.signal)
      await image.#retrying('image', signal, signal => image.#open(signal))
      return image
    } catch (error) {
      await image.close()
      throw error
    }
  }

  async manifest(options: { readonly signal?: AbortSignal } = {}): Promise<ManifestBytes> {
    const { bytes, originalDigest } = await this.#retrying(
      'manifest',
      this.#signal(options.signal),
      async signal => (await this.#open(signal)).manifest(signal),
    )
    const digest = sha256Digest(bytes)
    if (digest !== originalDigest) {
      const original = await readDirManifest(this.description, originalDigest)
      if (original !== undefined) return original
      this.#convertedConfig = parseManifest(bytes).config.digest
    }
    return { bytes, mediaType: OCI_MANIFEST, digest }
  }

  async *blob(
    descriptor: Descriptor,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { digest, size } = descriptor
    const signal = this.#signal(options.signal)
    const request: BlobRequest = { digest, size, delivered: 0 }
    for (let tryNumber = 1; ; tryNumber++) {
      const offset = request.delivered
      try {
        while ((yield* this.#transfer(descriptor, request, signal)) === 'taken') {}
        return
      } catch (error) {
        // A try that has brought something does not count.
        if (request.delivered > offset) tryNumber = 1
        await this.#beforeRetry(error, {
          what: `blob ${digest}`,
          tryNumber,
          signal,
          offset: request.delivered,
        })
      }
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#closing.abort(
      new OciError('ERR_OCI_SKOPEO_ENDED', `${this.description}: the source is closed`),
    )
    // One that is being opened ends by that signal.
    await this.#opening?.catch(() => {})
    await this.#session?.close()
  }

  async *#transfer(
    descriptor: Descriptor,
    request: BlobRequest,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, 'complete' | 'taken', undefined> {
    const session = await this.#open(signal)
    if (descriptor.digest === this.#convertedConfig) {
      // No blob of the image: this is the only way to it.
      const { bytes } = await session.document('GetFullConfig', signal)
      yield bytes
      return 'complete'
    }
    const isUnpacked = this.hasUnpackedLayers && mediaTypeRole(descriptor.mediaType) === 'layer'
    if (isUnpacked) {
      const layer = this.#unpacked.find(descriptor, session, this.#closing.signal)
      Object.assign(request, await unlessAborted(layer, signal))
    }
    return session.abilities.rawBlobs
      ? yield* readRawBlob(session, request, signal)
      : yield* readFinishedBlob(session, request, signal)
  }

  /** The session there is, or a new one in its place. */
  async #open(signal: AbortSignal): Promise<ProxySession> {
    if (this.#session?.isAlive) return this.#session
    this.#opening ??= this.#replace(this.#session)
    return await unlessAborted(this.#opening, signal)
  }

  async #replace(old: ProxySession | undefined): Promise<ProxySession> {
    try {
      await old?.close()
      const { signal } = this.#closing
      this.#session = await ProxySession.open(this.description, this.#options, signal)
      return this.#session
    } finally {
      this.#opening = undefined
    }
  }

  async #retrying<T>(
    what: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    for (let tryNumber = 1; ; tryNumber++) {
      try {
        return await work(signal)
      } catch (error) {
        await this.#beforeRetry(error, { what, tryNumber, signal })
      }
    }
  }

  #beforeRetry(
    error: unknown,
    attempt: { what: string; tryNumber: number; signal: AbortSignal; offset?: number },
  ): Promise<void> {
    const { registry = {} } = this.#options
    return beforeRetry(error, { ...attempt, isRemote: !this.isLocal }, registry)
  }

  /** Aborted when the caller wants it, or when the source is closed. */
  #signal(signal: AbortSignal | undefined): AbortSignal {
    const { signal: closing } = this.#closing
    return signal === undefined ? closing : AbortSignal.any([signal, closing])
  }
}
