import type { Descriptor } from '../document/descriptor.ts'
import { OciError } from '../errors.ts'

/** The error for a blob that a source does not have. */
export function missingBlob(descriptor: Descriptor, source: string, cause?: unknown): OciError {
  const { digest, urls, mediaType } = descriptor
  const elsewhere = urls.length > 0 ? `, only the URL ${urls[0]}, which is never fetched` : ''
  return new OciError(
    'ERR_OCI_MISSING_BLOB',
    `${source} has no blob ${digest}${elsewhere}`,
    { digest, mediaType, path: source, choices: urls },
    cause === undefined ? {} : { cause },
  )
}
