import { OciError } from '../errors.ts'
import type { JsonNode } from './json.ts'
import { JsonRecord } from './json-record.ts'
import { parseOciDigest } from './oci-digest.ts'
import { type Platform, readPlatform } from './platform.ts'

/** A reference to a blob: what it is, its digest and its size (OCI image spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string
  /** `algorithm:encoded`, its form checked. */
  readonly digest: string
  /** Bytes of the blob. */
  readonly size: number
  /** Where the blob could be downloaded. Never fetched, only reported. */
  readonly urls: readonly string[]
  readonly annotations: ReadonlyMap<string, string>
  readonly artifactType?: string
  /** Of manifests in an index. */
  readonly platform?: Platform
  /** The `data` field in base64, unchecked: whoever uses it compares size and digest. */
  readonly data?: string
}

const DESCRIPTOR_KEYS = [
  'mediaType',
  'digest',
  'size',
  'urls',
  'annotations',
  'data',
  'platform',
  'artifactType',
]
const PLATFORM_KEYS = ['architecture', 'os', 'variant']

/**
 * Reads a descriptor that stands at `where` of its document.
 *
 * @throws OciError ERR_OCI_BAD_JSON, ERR_OCI_AMBIGUOUS_KEY, ERR_OCI_BAD_DIGEST
 */
export function readDescriptor(node: JsonNode, where: string): Descriptor {
  const record = new JsonRecord(node, where, DESCRIPTOR_KEYS)
  const mediaType = record.requireString('mediaType')
  const digest = record.requireString('digest')
  try {
    parseOciDigest(digest)
  } catch (error) {
    if (!(error instanceof OciError)) throw error
    throw new OciError(error.code, `${where}.digest: ${error.message}`, error.facts)
  }
  const artifactType = record.string('artifactType')
  const platformRecord = record.record('platform', PLATFORM_KEYS)
  const platform = platformRecord === undefined ? undefined : readPlatform(platformRecord)
  const data = record.string('data')
  return {
    mediaType,
    digest,
    size: record.requireSize('size'),
    urls: record.strings('urls'),
    annotations: record.stringMap('annotations'),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(platform === undefined ? {} : { platform }),
    ...(data === undefined ? {} : { data }),
  }
}
