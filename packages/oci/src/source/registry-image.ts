import {
  formatRegistryReference,
  isRegistryError,
  openRemote,
  type RemoteRepository,
} from '@composefs/registry'
import type { Descriptor } from '../document/descriptor.ts'
import { parseIndex } from '../document/index-document.ts'
import { JSON_SIZE_MAX } from '../document/json.ts'
import { mediaTypeRole } from '../document/media-type.ts'
import { requireOciDigest } from '../document/oci-digest.ts'
import { hostPlatform, type Platform } from '../document/platform.ts'
import { readDocument, sizeMismatch } from '../document/read-document.ts'
import type { ImageSource, ManifestBytes } from './image-source.ts'
import { inlineData } from './inline-data.ts'
import { listManifests } from './list-manifests.ts'
import { missingBlob } from './missing-blob.ts'
import type { OpenRegistryOptions } from './registry-source-options.ts'
import { type RootDocument, rootDescriptor } from './root-document.ts'
import { selectAmong } from './select-manifest.ts'

/** What the name of an image stands for. */
interface Root {
  readonly document: RootDocument
  readonly descriptor: Descriptor
}

interface SignalOptions {
  readonly signal?: AbortSignal | undefined
}

/** An image in a registry; see openRegistryImage. */
export class RegistryImage implements ImageSource {
  readonly description: string
  readonly isLocal = false
  readonly #remote: RemoteRepository
  readonly #platform: Platform | undefined
  /** Asked for once: a tag may move while an image is pulled. */
  #root: Root | undefined
  /** The last small blob that was read to choose an image: mostly the config of the chosen one, which is wanted again. */
  #lastRead: { readonly digest: string; readonly bytes: Uint8Array } | undefined

  static async open(name: string, options: OpenRegistryOptions): Promise<RegistryImage> {
    const { platform, registry = {} } = options
    return new RegistryImage(await openRemote(name, registry), platform)
  }

  private constructor(remote: RemoteRepository, platform: Platform | undefined) {
    this.#remote = remote
    this.#platform = platform
    this.description = `docker://${formatRegistryReference(remote.reference)}`
  }

  async manifest(options: SignalOptions = {}): Promise<ManifestBytes> {
    const { document, descriptor } = await this.#readRoot(options)
    const { mediaType, digest } = descriptor
    const isNamed = this.#remote.reference.digest !== undefined && this.#platform === undefined
    if (isNamed && mediaTypeRole(mediaType) === 'manifest') {
      return { bytes: document.bytes, mediaType, digest }
    }
    return selectAmong([descriptor], this.#selection(options))
  }

  async manifests(options: SignalOptions = {}): Promise<readonly Descriptor[]> {
    const { descriptor } = await this.#readRoot(options)
    return listManifests([descriptor], this.#selection(options))
  }

  async *blob(descriptor: Descriptor, options: SignalOptions = {}): AsyncGenerator<Uint8Array> {
    const role = mediaTypeRole(descriptor.mediaType)
    if (role === 'manifest' || role === 'index') yield await this.#manifest(descriptor, options)
    else yield* this.#blob(descriptor, options)
  }

  async referrers(digest: string, options: SignalOptions = {}): Promise<readonly Descriptor[]> {
    const { bytes } = await this.#remote.getReferrers(digest, options)
    return parseIndex(bytes).manifests
  }

  close(): Promise<void> {
    return this.#remote.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #manifest(descriptor: Descriptor, options: SignalOptions): Promise<Uint8Array> {
    const { digest, mediaType, size } = descriptor
    if (digest === this.#root?.descriptor.digest) return this.#root.document.bytes.slice()
    const data = inlineData(descriptor)
    if (data !== undefined) return data
    requireOciDigest(digest, 'a manifest')
    const { bytes } = await this.#remote.getManifest(digest, {
      ...options,
      accept: [mediaType],
      maxSize: JSON_SIZE_MAX,
    })
    if (bytes.length !== size) throw sizeMismatch(descriptor, 'manifest', bytes.length)
    return bytes
  }

  async *#blob(descriptor: Descriptor, options: SignalOptions): AsyncGenerator<Uint8Array> {
    const { digest, size } = descriptor
    requireOciDigest(digest, 'a blob', ['sha256', 'sha512'])
    const known = this.#lastRead?.digest === digest ? this.#lastRead.bytes.slice() : undefined
    const data = known ?? inlineData(descriptor)
    if (data !== undefined) {
      yield data
      return
    }
    try {
      yield* this.#remote.getBlob({ digest, size }, options)
    } catch (error) {
      if (isRegistryError(error, 'ERR_REGISTRY_NOT_FOUND')) {
        throw missingBlob(descriptor, this.description, error)
      }
      if (isRegistryError(error) && error.facts.expected === size) {
        const actual = await this.#otherSize(descriptor, options)
        if (actual !== undefined) throw sizeMismatch(descriptor, 'blob', actual)
      }
      throw error
    }
  }

  /** What the registry says is the size of a blob, where that is not what the descriptor says. */
  async #otherSize(descriptor: Descriptor, options: SignalOptions): Promise<number | undefined> {
    try {
      const size = await this.#remote.statBlob(descriptor.digest, options)
      return size === descriptor.size ? undefined : size
    } catch (error) {
      // The first error says more.
      if (isRegistryError(error)) return undefined
      throw error
    }
  }

  async #readRoot(options: SignalOptions): Promise<Root> {
    if (this.#root === undefined) {
      const { tag = 'latest', digest } = this.#remote.reference
      if (digest !== undefined) requireOciDigest(digest, this.description)
      const document = await this.#remote.getManifest(digest ?? tag, {
        ...options,
        maxSize: JSON_SIZE_MAX,
      })
      this.#root = { document, descriptor: rootDescriptor(document) }
    }
    return this.#root
  }

  #selection(options: SignalOptions) {
    return {
      tag: undefined,
      platform: this.#platform ?? hostPlatform(),
      source: this.description,
      read: async (descriptor: Descriptor, what: string) => {
        const bytes = await readDocument(descriptor, what, d => this.blob(d, options))
        if (mediaTypeRole(descriptor.mediaType) === 'config') {
          this.#lastRead = { digest: descriptor.digest, bytes }
        }
        return bytes
      },
    }
  }
}
