import type { Descriptor } from '../descriptor.ts'
import { parseJson } from '../json.ts'
import { JsonRecord } from '../json-record.ts'
import { mediaTypeRole } from '../media-type.ts'

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
 * Servers of plain files hand out anything as JSON or octets; what the document says of itself counts then.
 *
 * @throws OciError ERR_OCI_BAD_JSON and what else parsing throws, for a document that has to be looked into
 */
export function rootDescriptor({ bytes, mediaType, digest }: RootDocument): Descriptor {
  return {
    mediaType: documentType(bytes, mediaType),
    digest,
    size: bytes.length,
    urls: [],
    annotations: new Map(),
  }
}

function documentType(bytes: Uint8Array, contentType: string): string {
  const [given = ''] = contentType.split(';')
  const mediaType = given.trim()
  if (mediaTypeRole(mediaType) !== undefined) return mediaType
  const record = new JsonRecord(parseJson(bytes), 'the document', ['mediaType'])
  return record.string('mediaType') ?? mediaType
}
