import type { Digest } from '@composefs/fsverity'
import { isRepositoryError, type PublishedName, type Repository } from '@composefs/repository'
import { CONTENT_TYPES } from '@composefs/splitstream'
import { assertDigest, sha256Digest } from '../document/oci-digest.ts'
import { OciError } from '../errors.ts'
import { readDocumentStream, type StoredDocument, storeDocument } from './document-stream.ts'
import {
  type ImageReferences,
  imageReferencesOf,
  isImageReference,
  sortImageReferences,
} from './image-references.ts'
import { configStreamId } from './stream-names.ts'

/** What a config is stored with. */
export interface NewConfig {
  /** The JSON as it came. */
  readonly json: Uint8Array
  /** The stream of each layer by diff id (of an artifact: by digest). A new config names them base first. */
  readonly layers: ReadonlyMap<string, Digest>
  /** The EROFS images made of it; none for artifacts. */
  readonly images: ImageReferences
}

/** A config that was read back. */
export interface StoredConfig extends StoredDocument, NewConfig {
  /**
   * How the bytes are known to be right: by the fs-verity digest of their stream, or by their own digest, in which
   * case the layers have to be checked too.
   */
  readonly trust: 'verity' | 'digest'
}

/**
 * Stores a config in its final form: the JSON as an object, and a stream with references to layers, then images. The
 * stream has no name yet: `configName` is to be published.
 */
export async function writeConfig(
  repository: Repository,
  config: NewConfig,
): Promise<StoredDocument> {
  const references = [...config.layers, ...sortImageReferences(config.images)]
  const stream = await storeDocument(repository, {
    contentType: CONTENT_TYPES.config,
    bytes: config.json,
    references,
  })
  return { digest: sha256Digest(config.json), stream }
}

/** The name under which a stored config is published. */
export function configName({ digest, stream }: StoredDocument): PublishedName {
  return { kind: 'stream', id: configStreamId(digest), digest: stream }
}

/**
 * Reads a config: by the object id of its stream if that is known, else by name, and then the bytes are checked
 * against `digest`. Configs of the first version, with the JSON inside the stream, are read like any other.
 *
 * @throws OciError ERR_OCI_NO_SUCH_IMAGE, ERR_OCI_DIGEST_MISMATCH, ERR_OCI_BAD_DOCUMENT_STREAM, ERR_OCI_BAD_JSON
 */
export async function openConfig(
  repository: Repository,
  digest: string,
  verity?: Digest,
): Promise<StoredConfig> {
  const stream = verity ?? repository.streams.lookup(configStreamId(digest))
  if (stream === undefined) throw noSuchConfig(digest)
  const reader = await openStream(repository, stream, digest)
  const what = `config ${digest}`
  const json = await readDocumentStream(repository, reader, what)
  if (verity === undefined) assertDigest(json, digest, 'config')
  return {
    digest,
    stream,
    json,
    trust: verity === undefined ? 'digest' : 'verity',
    layers: new Map([...reader.namedReferences].filter(([name]) => !isImageReference(name))),
    images: imageReferencesOf(reader.namedReferences),
  }
}

async function openStream(repository: Repository, stream: Digest, digest: string) {
  try {
    return await repository.streams.open(stream, { contentType: CONTENT_TYPES.config })
  } catch (error) {
    if (!isRepositoryError(error, 'ERR_REPOSITORY_OBJECT_NOT_FOUND')) throw error
    throw noSuchConfig(digest, error)
  }
}

function noSuchConfig(digest: string, cause?: unknown): OciError {
  return new OciError('ERR_OCI_NO_SUCH_IMAGE', `no config ${digest}`, { digest }, { cause })
}
