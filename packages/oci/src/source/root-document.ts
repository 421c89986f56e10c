import type { Descriptor } from '../document/descriptor.ts'
import { parseJson } from '../document/json.ts'
import { JsonRecord } from '../document/json-record.ts'
import { mediaTypeRole, OCI_INDEX, OCI_MANIFEST } from '../document/media-type.ts'

/** What a registry hands out under a name. */
export interface RootDocument {
  readonly bytes: Uint8Array
  /** The `Content-Type`, which is not always right. */
  readonly mediaType: string
  readonly digest: string
}

/**
 * The descriptor of the document that a name in a registry stands for.
 *
 * Servers of plain files hand out anything as JSON or octets. Then the type is what the document says of itself, or
 * the OCI type that it has the shape of.
 *
 * @throws OciError ERR_OCI_BAD_JSON and what else parsing throws, for a document that has to be looked into
 */
export function rootDescriptor({ bytes, mediaType, digest }: RootDocument): Descriptor {
  const [type = ''] = mediaType.split(';')
  return {
    mediaType:
      mediaTypeRole(type.trim()) === undefined ? (ownType(bytes) ?? type.trim()) : type.trim(),
    digest,
    size: bytes.length,
    urls: [],
    annotations: new Map(),
  }
}

function ownType(bytes: Uint8Array): string | undefined {
  const keys = ['mediaType', 'manifests', 'config', 'layers']
  const record = new JsonRecord(parseJson(bytes), 'the document', keys)
  const own = record.string('mediaType')
  if (own !== undefined) return own
  if (record.has('manifests')) return OCI_INDEX
  return record.has('config') && record.has('layers') ? OCI_MANIFEST : undefined
}
