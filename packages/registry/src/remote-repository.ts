import { type BlobName, downloadBlob } from './client/blob-download.ts'
import { statBlob } from './client/blobs.ts'
import { Endpoints } from './client/endpoints.ts'
import {
  getManifest,
  type ManifestInfo,
  type ManifestOptions,
  type RegistryManifest,
  statManifest,
} from './client/manifests.ts'
import { getReferrers, type ReferrersIndex, type ReferrersOptions } from './client/referrers.ts'
import { resolveOptions } from './client/resolved-options.ts'
import { RegistrySession } from './client/session.ts'
import { openCredentialStore } from './config/credentials.ts'
import { loadRegistriesConf } from './config/registries-conf.ts'
import { parseRegistryReference, type RegistryReference } from './reference.ts'
import type { RegistryOptions } from './registry-options.ts'
import { type Adoption, adoptBlob } from './upload/adopt-blob.ts'
import { type NewManifest, type PutManifestOptions, putManifest } from './upload/put-manifest.ts'
import { type SendBlobOptions, sendBlob } from './upload/send-blob.ts'

/** How to read a blob. */
export interface BlobOptions {
  /** First byte that is wanted. Default: 0. */
  readonly offset?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens a repository of a registry. Configuration is read now; the registry is asked when something is wanted of it.
 *
 * @throws RegistryError ERR_REGISTRY_BAD_REFERENCE, ERR_REGISTRY_UNQUALIFIED, ERR_REGISTRY_BLOCKED,
 * ERR_REGISTRY_BAD_CONFIG
 *
 * @example
 * await using remote = await openRemote('quay.io/fedora/fedora:41')
 * const manifest = await remote.getManifest('41')
 */
export async function openRemote(
  reference: RegistryReference | string,
  options: RegistryOptions = {},
): Promise<RemoteRepository> {
  const resolved = resolveOptions(options)
  const { env } = resolved
  const conf = await loadRegistriesConf({ path: options.registriesConf, env })
  const parsed =
    typeof reference === 'string'
      ? parseRegistryReference(reference, { searchRegistries: conf.searchRegistries })
      : reference
  const credentials = await openCredentialStore({
    authFile: options.authFile,
    credentials: options.credentials && { host: parsed.host, ...options.credentials },
    credentialHelpers: conf.credentialHelpers,
    env,
  })
  const sessions = conf
    .endpoints(parsed)
    .map(endpoint => new RegistrySession({ endpoint, credentials, options: resolved }))
  return new RemoteRepository(parsed, sessions)
}

/**
 * A repository of a registry, read through its mirrors where it has some, and written to itself.
 *
 * What fails is tried again where that may help: see RegistryOptions. All that is read is bounded in memory, and no
 * wait is longer than the idle time-out, or than a minute between two tries.
 */
export class RemoteRepository {
  readonly reference: RegistryReference
  readonly #sessions: readonly RegistrySession[]
  readonly #endpoints: Endpoints

  /** @internal Made by openRemote. */
  constructor(reference: RegistryReference, sessions: readonly RegistrySession[]) {
    this.reference = reference
    this.#sessions = sessions
    this.#endpoints = new Endpoints(sessions)
  }

  /** @internal Requests to the registry itself, never to a mirror: what is written goes there. */
  get session(): RegistrySession {
    return this.#endpoints.upstream
  }

  /**
   * A manifest or index, its digest verified: the one that was asked for, else the one that the registry names.
   *
   * @throws RegistryError ERR_REGISTRY_NOT_FOUND, ERR_REGISTRY_DIGEST_MISMATCH, ERR_REGISTRY_TOO_LARGE and the other
   * codes; TypeError for what is neither tag nor digest
   */
  getManifest(tagOrDigest: string, options: ManifestOptions = {}): Promise<RegistryManifest> {
    return this.#endpoints.first(session => getManifest(session, tagOrDigest, options))
  }

  /** What is known of a manifest without its bytes; undefined where there is none. */
  statManifest(
    tagOrDigest: string,
    options: ManifestOptions = {},
  ): Promise<ManifestInfo | undefined> {
    return this.#endpoints.first(
      session => statManifest(session, tagOrDigest, options),
      found => found !== undefined,
    )
  }

  /**
   * The bytes of a blob: as many as its size says, each once and in order, in chunks that are the caller's own. The
   * digest is for the caller to verify. A download that breaks goes on by Range; tries that get on do not count.
   * Breaking out of the loop frees the connection.
   *
   * @throws RegistryError ERR_REGISTRY_NOT_FOUND, ERR_REGISTRY_UNAVAILABLE, ERR_REGISTRY_TIMEOUT, ERR_REGISTRY_PROTOCOL
   * and the other codes, with the offset that was reached; TypeError for what is no digest
   */
  getBlob(blob: BlobName, options: BlobOptions = {}): AsyncGenerator<Uint8Array> {
    const { offset = 0, signal } = options
    const { session } = this
    // Most have no mirrors: a generator less for each chunk.
    if (this.#sessions.length === 1) return downloadBlob(session, blob, { offset, signal })
    return this.#mirroredBlob(blob, offset, signal)
  }

  /** The size of a blob; undefined where there is none. */
  statBlob(
    digest: string,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<number | undefined> {
    return this.#endpoints.first(
      session => statBlob(session, digest, options.signal),
      size => size !== undefined,
    )
  }

  /**
   * An index of the manifests whose subject is the manifest of that digest: signatures, attestations and the like. It is
   * empty where there are none.
   *
   * @throws RegistryError, TypeError for what is no digest
   */
  getReferrers(digest: string, options: ReferrersOptions = {}): Promise<ReferrersIndex> {
    return this.#endpoints.first(session => getReferrers(session, digest, options), hasManifests)
  }

  /**
   * Makes the repository have a blob without its bytes: it is there already, or is mounted from another repository of
   * the registry. Mirrors do not count.
   *
   * @param options.from repositories that may have it, such as `library/debian`; the first few are tried
   * @returns undefined where the bytes are needed
   * @throws RegistryError, TypeError for what is no digest
   */
  adoptBlob(
    blob: BlobName,
    options: {
      readonly from?: readonly string[] | undefined
      readonly signal?: AbortSignal | undefined
    } = {},
  ): Promise<Adoption | undefined> {
    return adoptBlob(this.session, blob, { from: options.from ?? [], signal: options.signal })
  }

  /**
   * Sends a blob that `adoptBlob` did not find. A large one goes on where it was when the connection breaks; else `open`
   * is called once more. The registry checks the digest. What has failed is cancelled.
   *
   * @param open gives the bytes from the start, as many as the size says, each chunk for good
   * @throws RegistryError, whatever the source throws, TypeError for what is no digest
   */
  putBlob(
    blob: BlobName,
    open: () => AsyncIterable<Uint8Array>,
    options: SendBlobOptions = {},
  ): Promise<void> {
    return sendBlob(this.session, blob, open, options)
  }

  /**
   * Puts a manifest into the repository, after its blobs, under a tag or its own digest.
   *
   * @returns the digest of its bytes
   * @throws RegistryError ERR_REGISTRY_DIGEST_MISMATCH and the other codes; TypeError for what is neither tag nor digest,
   * or another digest
   */
  putManifest(
    tagOrDigest: string,
    manifest: NewManifest,
    options: PutManifestOptions = {},
  ): Promise<string> {
    return putManifest(this.session, tagOrDigest, manifest, options)
  }

  /** Ends all connections, and what is under way on them: that fails with an AbortError. */
  async close(): Promise<void> {
    await Promise.all(this.#sessions.map(session => session.close()))
  }

  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async *#mirroredBlob(
    blob: BlobName,
    offset: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    let position = offset
    const walk = this.#endpoints.walk()
    for (const session of walk) {
      try {
        for await (const chunk of downloadBlob(session, blob, { offset: position, signal })) {
          position += chunk.byteLength
          yield chunk
        }
        return
      } catch (error) {
        walk.failed(session, error)
      }
    }
  }
}

/** A mirror often has none of the referrers. */
function hasManifests({ bytes }: ReferrersIndex): boolean {
  const { manifests } = JSON.parse(new TextDecoder().decode(bytes)) as { manifests: unknown[] }
  return manifests.length > 0
}
