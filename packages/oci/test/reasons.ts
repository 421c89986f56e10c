import { isRegistryError, type RegistryErrorCode } from '@composefs/registry'
import { isOciError, type OciErrorCode } from '../src/errors.ts'

/** Error codes by the reason classes of the vectors. */
const REASONS: Readonly<Record<string, readonly OciErrorCode[]>> = {
  'tag-not-found': ['ERR_OCI_TAG_NOT_FOUND'],
  'ambiguous-tag': ['ERR_OCI_AMBIGUOUS_TAG'],
  'digest-mismatch': ['ERR_OCI_DIGEST_MISMATCH'],
  'missing-blob': ['ERR_OCI_MISSING_BLOB'],
  'size-mismatch': ['ERR_OCI_SIZE_MISMATCH'],
  'diff-id-mismatch': ['ERR_OCI_DIFF_ID_MISMATCH'],
  'layer-count-mismatch': ['ERR_OCI_LAYER_COUNT_MISMATCH'],
  'no-matching-platform': ['ERR_OCI_NO_MATCHING_PLATFORM'],
  'index-too-deep': ['ERR_OCI_INDEX_TOO_DEEP'],
  'unsupported-media-type': ['ERR_OCI_UNSUPPORTED_MEDIA_TYPE'],
  'media-type-mismatch': ['ERR_OCI_MEDIA_TYPE_MISMATCH'],
  'bad-json': ['ERR_OCI_BAD_JSON'],
  'duplicate-key': ['ERR_OCI_DUPLICATE_KEY'],
  'ambiguous-key': ['ERR_OCI_AMBIGUOUS_KEY'],
  'bad-digest': ['ERR_OCI_BAD_DIGEST'],
  'unsupported-digest-algorithm': ['ERR_OCI_UNSUPPORTED_DIGEST'],
  'not-a-layout': ['ERR_OCI_NOT_A_LAYOUT'],
  'unsupported-layout-version': ['ERR_OCI_UNSUPPORTED_LAYOUT_VERSION'],
  'bad-schema-version': ['ERR_OCI_BAD_SCHEMA_VERSION'],
  'bad-checksum': ['ERR_OCI_TAR_BAD_CHECKSUM'],
  'ambiguous-size': ['ERR_OCI_TAR_AMBIGUOUS_SIZE'],
  'not-found': ['ERR_OCI_NO_SUCH_IMAGE'],
}

/** The same for what is found out while the registry is asked. */
const REGISTRY_REASONS: Partial<Record<RegistryErrorCode, string>> = {
  ERR_REGISTRY_NOT_FOUND: 'not-in-registry',
  ERR_REGISTRY_DIGEST_MISMATCH: 'digest-mismatch',
}

/** The reason class of an error that a vector test caught; what is no error of ours is thrown again. */
export function reasonOf(error: unknown): string {
  if (isRegistryError(error)) return REGISTRY_REASONS[error.code] ?? error.code
  if (!isOciError(error)) throw error
  const found = Object.entries(REASONS).find(([, codes]) => codes.includes(error.code))
  return found?.[0] ?? error.code
}
