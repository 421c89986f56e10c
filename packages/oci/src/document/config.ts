import { OciError } from '../errors.ts'
import { parseJson } from './json.ts'
import { JsonRecord } from './json-record.ts'
import { requireOciDigest } from './oci-digest.ts'
import { type Platform, readPlatform } from './platform.ts'

/** What composefs reads of an image config (OCI image spec, config.md). */
export interface Config {
  /** SHA-256 of each layer's uncompressed tar, base first. */
  readonly diffIds: readonly string[]
  /** Undefined when the config names neither system nor architecture. */
  readonly platform: Platform | undefined
  /** RFC 3339 as written. */
  readonly created: string | undefined
  readonly labels: ReadonlyMap<string, string>
}

/** The label that names an image's EROFS image by the hex of its id. */
export const SEAL_LABEL = 'containers.composefs.fsverity'

/**
 * Reads a config. `rootfs.type` is not looked at, as nothing depends on it.
 *
 * @throws OciError ERR_OCI_BAD_JSON, ERR_OCI_DUPLICATE_KEY, ERR_OCI_AMBIGUOUS_KEY; ERR_OCI_BAD_DIGEST and
 * ERR_OCI_UNSUPPORTED_DIGEST for a diff id that is no SHA-256 digest
 */
export function parseConfig(bytes: Uint8Array): Config {
  const record = new JsonRecord(parseJson(bytes), 'config', [
    'architecture',
    'os',
    'variant',
    'created',
    'config',
    'rootfs',
  ])
  const rootfs = record.requireRecord('rootfs', ['type', 'diff_ids'])
  const diffIds = rootfs.requireList('diff_ids').map((node, i) => {
    const where = `config.rootfs.diff_ids[${i}]`
    if (node.kind !== 'string') {
      throw new OciError('ERR_OCI_BAD_JSON', `${where} is not a string`, { offset: node.start })
    }
    requireOciDigest(node.value, where)
    return node.value
  })
  return {
    diffIds,
    platform: readPlatform(record),
    created: record.string('created'),
    labels: record.record('config', ['Labels'])?.stringMap('Labels') ?? new Map(),
  }
}

/** The label of a config as it is written; undefined when there is none. */
export function readSealLabel(labels: ReadonlyMap<string, string>): string | undefined {
  return labels.get(SEAL_LABEL)
}
