import { OciError } from '../errors.ts'
import { type Descriptor, readDescriptor } from './descriptor.ts'
import { parseJson } from './json.ts'
import { JsonRecord } from './json-record.ts'
import { isImageConfig, mediaTypeRole, OCI_MANIFEST } from './media-type.ts'

/** An image manifest: of a container image or of an artifact (OCI image spec, manifest.md). */
export interface Manifest {
  /** As the document says; undefined when it says nothing. */
  readonly mediaType: string | undefined
  readonly artifactType: string | undefined
  readonly config: Descriptor
  /** Base first. */
  readonly layers: readonly Descriptor[]
  /** The manifest this one says something about. */
  readonly subject: Descriptor | undefined
  readonly annotations: ReadonlyMap<string, string>
}

const MANIFEST_KEYS = [
  'schemaVersion',
  'mediaType',
  'artifactType',
  'config',
  'layers',
  'subject',
  'annotations',
  'manifests',
]

/**
 * Reads a manifest of the OCI image spec or of Docker's schema 2.
 *
 * @param mediaType what the descriptor says of it; the document's own `mediaType` must agree
 * @throws OciError ERR_OCI_BAD_JSON, ERR_OCI_DUPLICATE_KEY, ERR_OCI_AMBIGUOUS_KEY, ERR_OCI_BAD_DIGEST,
 * ERR_OCI_BAD_SCHEMA_VERSION, ERR_OCI_MEDIA_TYPE_MISMATCH
 */
export function parseManifest(bytes: Uint8Array, mediaType?: string): Manifest {
  const record = new JsonRecord(parseJson(bytes), 'manifest', MANIFEST_KEYS)
  checkDocument(record, 'manifest', mediaType)
  const subject = record.child('subject')
  return {
    mediaType: record.string('mediaType'),
    artifactType: record.string('artifactType'),
    config: readDescriptor(record.requireChild('config'), 'manifest.config'),
    layers: record
      .requireList('layers')
      .map((node, i) => readDescriptor(node, `manifest.layers[${i}]`)),
    subject: subject === undefined ? undefined : readDescriptor(subject, 'manifest.subject'),
    annotations: record.stringMap('annotations'),
  }
}

/** True when the config of the manifest is that of a container image; everything else is an artifact. */
export function isContainerImage(manifest: Manifest): boolean {
  return isImageConfig(manifest.config.mediaType)
}

/**
 * What manifests and indexes have in common: `schemaVersion` 2, a media type that agrees with the descriptor's, and
 * not the lists of both, which different readers would take for different things (CVE-2021-41190).
 */
export function checkDocument(
  record: JsonRecord,
  role: 'manifest' | 'index',
  mediaType: string | undefined,
): void {
  const version = record.node.members.get('schemaVersion')?.value
  if (version?.kind !== 'number' || version.text !== '2') {
    const actual = version?.kind === 'number' ? version.text : version?.kind
    throw new OciError(
      'ERR_OCI_BAD_SCHEMA_VERSION',
      `${role}.schemaVersion is ${actual ?? 'missing'}, not 2`,
      { expected: 2, actual, offset: (version ?? record.node).start },
    )
  }
  const own = record.string('mediaType')
  const foreign = role === 'manifest' ? 'manifests' : 'layers'
  if (record.has(foreign)) {
    throw new OciError(
      'ERR_OCI_MEDIA_TYPE_MISMATCH',
      `${role} with "${foreign}": it could be read as ${role === 'manifest' ? 'an index' : 'a manifest'} too`,
      { offset: record.node.members.get(foreign)?.keyStart ?? record.node.start },
    )
  }
  if (own !== undefined && mediaType !== undefined && own !== mediaType) {
    throw new OciError(
      'ERR_OCI_MEDIA_TYPE_MISMATCH',
      `${role}.mediaType is ${own}, its descriptor says ${mediaType}`,
      { expected: mediaType, actual: own },
    )
  }
  if (own !== undefined && mediaTypeRole(own) !== role) {
    throw new OciError('ERR_OCI_MEDIA_TYPE_MISMATCH', `${role}.mediaType is ${own}`, {
      expected: role === 'manifest' ? OCI_MANIFEST : undefined,
      actual: own,
    })
  }
}
