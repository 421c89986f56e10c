import {
  formatRegistryReference,
  isRegistryError,
  openRemote,
  parseRegistryReference,
  type RegistryOptions,
  type RegistryReference,
  type RemoteRepository,
} from '@composefs/registry'
import type { Descriptor } from '../document/descriptor.ts'
import { isContainerImage, type Manifest, parseManifest } from '../document/manifest.ts'
import { requireOciDigest } from '../document/oci-digest.ts'
import { OciError } from '../errors.ts'
import type { ManifestBytes } from '../source/image-source.ts'
import type { BlobPresence, ImageTarget, PutBlobOptions } from './image-target.ts'

interface SignalOptions {
  readonly signal?: AbortSignal | undefined
}

/** What names of images begin with that were pulled from a registry. */
const TRANSPORT = 'docker://'

/** An image in a registry; see createRegistryTarget. */
export class RegistryImageTarget implements ImageTarget {
  readonly description: string
  readonly #remote: RemoteRepository
  /** Repositories of the same registry that may have blobs of the image. */
  #others: readonly string[] = []

  static async open(name: string, options: RegistryOptions): Promise<RegistryImageTarget> {
    return new RegistryImageTarget(await openRemote(name, options))
  }

  private constructor(remote: RemoteRepository) {
    this.#remote = remote
    this.description = TRANSPORT + formatRegistryReference(remote.reference)
  }

  offerNames(names: readonly string[]): void {
    const { host } = this.#remote.reference
    const others = names
      .map(repositoryName)
      .filter(found => found?.host === host)
      .map(found => found?.repository ?? '')
    this.#others = [...new Set(others)]
  }

  async findBlob(
    descriptor: Descriptor,
    { signal }: SignalOptions = {},
  ): Promise<BlobPresence | undefined> {
    requireBlobDigest(descriptor)
    return await this.#remote.adoptBlob(descriptor, { from: this.#others, signal })
  }

  async putBlob(
    descriptor: Descriptor,
    open: () => AsyncIterable<Uint8Array>,
    options: PutBlobOptions = {},
  ): Promise<void> {
    requireBlobDigest(descriptor)
    await this.#remote.putBlob(descriptor, open, options)
  }

  async putManifest(manifest: ManifestBytes, { signal }: SignalOptions = {}): Promise<void> {
    const { bytes, mediaType, digest } = manifest
    const { tag, digest: named } = this.#remote.reference
    if (named !== undefined && named !== digest) {
      throw new OciError(
        'ERR_OCI_REFERENCE_MISMATCH',
        `${this.description} names another manifest than the image has, ${digest}`,
        { reference: this.description, expected: named, actual: digest },
      )
    }
    await this.#remote.putManifest(
      tag ?? digest,
      { bytes, mediaType },
      {
        ...referrerFacts(parseManifest(bytes, mediaType)),
        signal,
      },
    )
  }

  /** The manifest has made everything visible. */
  async commit(): Promise<readonly string[]> {
    return []
  }

  close(): Promise<void> {
    return this.#remote.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** What a list of referrers says of a manifest, by the image spec; nothing for one without subject. */
function referrerFacts(manifest: Manifest) {
  const { subject, artifactType, config, annotations } = manifest
  if (subject === undefined) return {}
  return {
    subject: subject.digest,
    artifactType: artifactType ?? (isContainerImage(manifest) ? undefined : config.mediaType),
    ...(annotations.size === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
  }
}

/** Where an image with that tag came from; undefined for a tag that is no such name. */
function repositoryName(tag: string): RegistryReference | undefined {
  try {
    return parseRegistryReference(tag.startsWith(TRANSPORT) ? tag.slice(TRANSPORT.length) : tag)
  } catch (error) {
    if (isRegistryError(error)) return undefined
    throw error
  }
}

function requireBlobDigest({ digest }: Descriptor): void {
  requireOciDigest(digest, 'a blob', ['sha256', 'sha512'])
}
