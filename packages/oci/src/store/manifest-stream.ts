import type { Digest } from '@composefs/fsverity'
import type { PublishedName, Repository } from '@composefs/repository'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { isContainerImage, type Manifest, parseManifest } from '../document/manifest.ts'
import { assertDigest, sha256Digest } from '../document/oci-digest.ts'
import { OciError } from '../errors.ts'
import { readDocumentStream, type StoredDocument, storeDocument } from './document-stream.ts'
import { manifestStreamId } from './stream-names.ts'

const CONFIG_PREFIX = 'config:'
const DOCKER_PREFIX = 'docker-manifest:'
const BLOB_PREFIX = 'blob:'

/** What a manifest is stored with. */
export interface NewManifest {
  /** The JSON as it came, or as it was converted. */
  readonly json: Uint8Array
  readonly config: StoredDocument
  /** The stream of each layer by diff id (of an artifact: by digest). A new manifest names them base first. */
  readonly layers: ReadonlyMap<string, Digest>
  /** The Docker manifest that `json` was converted from, as a stored blob. */
  readonly docker?: StoredDocument | undefined
  /** The stream of each layer blob that is kept as it came, by the digest of the blob. */
  readonly blobs?: ReadonlyMap<string, Digest>
}

/** A manifest that was read back. */
export interface StoredManifest extends StoredDocument {
  readonly json: Uint8Array
  readonly manifest: Manifest
  /** False for artifacts. */
  readonly isContainer: boolean
  /** Digest and stream of the config. */
  readonly config: StoredDocument
  readonly layers: ReadonlyMap<string, Digest>
  /** The Docker manifest that this one was converted from, as a stored blob. */
  readonly docker: StoredDocument | undefined
  /** What the stream refers to of the blobs that are kept as they came. A manifest made of this one keeps them. */
  readonly blobs: ReadonlyMap<string, Digest>
}

/**
 * Stores a manifest in its final form: the JSON as an object, and a stream with references to the config, then to the
 * layers, then to what is kept beside them. The stream has no name yet: `manifestName` is to be published.
 */
export async function writeManifest(
  repository: Repository,
  manifest: NewManifest,
): Promise<StoredDocument> {
  const { config, docker, blobs = [] } = manifest
  const references: [string, Digest][] = [
    [configReferenceName(config.digest), config.stream],
    ...manifest.layers,
  ]
  if (docker !== undefined) references.push([DOCKER_PREFIX + docker.digest, docker.stream])
  for (const [digest, blob] of blobs) references.push([BLOB_PREFIX + digest, blob])
  const stream = await storeDocument(repository, {
    contentType: CONTENT_TYPES.manifest,
    bytes: manifest.json,
    references,
  })
  return { digest: sha256Digest(manifest.json), stream }
}

/** The name under which a stored manifest is published. */
export function manifestName({ digest, stream }: StoredDocument): PublishedName {
  return { kind: 'stream', id: manifestStreamId(digest), digest: stream }
}

/**
 * Reads a manifest and finds its config. The bytes are checked against `digest` unless the manifest is `trusted`: what
 * a tag names is known by the fs-verity digest of its stream, and cfsctl keeps converted Docker manifests under the
 * digest of the original.
 *
 * @throws OciError ERR_OCI_NO_SUCH_IMAGE, ERR_OCI_DIGEST_MISMATCH, ERR_OCI_MISSING_REFERENCE,
 *   ERR_OCI_BAD_DOCUMENT_STREAM and the codes of parseManifest
 */
export async function openManifest(
  repository: Repository,
  digest: string,
  options: { readonly trusted?: boolean } = {},
): Promise<StoredManifest> {
  const stream = repository.streams.lookup(manifestStreamId(digest))
  if (stream === undefined) {
    throw new OciError('ERR_OCI_NO_SUCH_IMAGE', `no manifest ${digest}`, { digest })
  }
  const reader = await repository.streams.open(stream, { contentType: CONTENT_TYPES.manifest })
  const json = await readDocumentStream(repository, reader, `manifest ${digest}`)
  if (options.trusted !== true) assertDigest(json, digest, 'manifest')
  const manifest = parseManifest(json)
  const config = reader.namedReferences.get(configReferenceName(manifest.config.digest))
  if (config === undefined) {
    throw new OciError(
      'ERR_OCI_MISSING_REFERENCE',
      `the stream of manifest ${digest} has no reference to its config`,
      { digest, expected: manifest.config.digest },
    )
  }
  return {
    digest,
    stream,
    json,
    manifest,
    isContainer: isContainerImage(manifest),
    config: { digest: manifest.config.digest, stream: config },
    layers: new Map([...reader.namedReferences].filter(([name]) => isLayerReference(name))),
    docker: dockerReference(reader.namedReferences),
    blobs: blobReferences(reader.namedReferences),
  }
}

/** The name under which a manifest's stream refers to its config. */
export function configReferenceName(digest: string): string {
  return CONFIG_PREFIX + digest
}

const PREFIXES = [CONFIG_PREFIX, DOCKER_PREFIX, BLOB_PREFIX]

/** Everything without a kind before the digest: `config:sha256:…` is none, `sha256:…` is one. */
function isLayerReference(name: string): boolean {
  return !PREFIXES.some(prefix => name.startsWith(prefix))
}

/** The Docker manifest among the named references of a manifest. */
export function dockerReference(named: ReadonlyMap<string, Digest>): StoredDocument | undefined {
  for (const [name, stream] of named) {
    if (name.startsWith(DOCKER_PREFIX)) return { digest: name.slice(DOCKER_PREFIX.length), stream }
  }
  return undefined
}

/** The streams of the blobs that are kept, by their digest, among the named references of a manifest. */
export function blobReferences(named: ReadonlyMap<string, Digest>): ReadonlyMap<string, Digest> {
  const blobs = [...named].filter(([name]) => name.startsWith(BLOB_PREFIX))
  return new Map(blobs.map(([name, stream]) => [name.slice(BLOB_PREFIX.length), stream]))
}
