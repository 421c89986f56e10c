import { type Descriptor, readDescriptor } from './descriptor.ts'
import { parseJson } from './json.ts'
import { JsonRecord } from './json-record.ts'
import { checkDocument } from './manifest.ts'

/** An image index, or Docker's manifest list: manifests to choose from (OCI image spec, image-index.md). */
export interface IndexDocument {
  readonly manifests: readonly Descriptor[]
}

/** The annotation of `index.json` that names an image (OCI image spec, annotations.md). */
export const REF_NAME = 'org.opencontainers.image.ref.name'

const INDEX_KEYS = ['schemaVersion', 'mediaType', 'artifactType', 'manifests', 'subject', 'layers']

/**
 * Reads an index. Everything but its list of manifests is left alone.
 *
 * @param mediaType what the descriptor says of it; the document's own `mediaType` must agree
 * @throws OciError ERR_OCI_BAD_JSON, ERR_OCI_DUPLICATE_KEY, ERR_OCI_AMBIGUOUS_KEY, ERR_OCI_BAD_DIGEST,
 * ERR_OCI_BAD_SCHEMA_VERSION, ERR_OCI_MEDIA_TYPE_MISMATCH
 */
export function parseIndex(bytes: Uint8Array, mediaType?: string): IndexDocument {
  const record = new JsonRecord(parseJson(bytes), 'index', INDEX_KEYS)
  checkDocument(record, 'index', mediaType)
  const manifests = record
    .requireList('manifests')
    .map((node, i) => readDescriptor(node, `index.manifests[${i}]`))
  return { manifests }
}
