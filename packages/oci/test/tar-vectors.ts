import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import type { OciErrorCode } from '../src/index.ts'

/** An external file of a layer, with its digests by both algorithms. */
export interface ExternalVector {
  readonly path: string
  readonly size: number
  readonly sha256: string
  readonly sha512: string
}

export interface TarVector {
  readonly id: string
  readonly file: string
  readonly diff_id: string
  readonly level: 'must' | 'should' | 'taste'
  readonly note?: string
  readonly layer: {
    readonly verdict: 'accept' | 'reject'
    readonly reason?: string
    readonly entries?: readonly string[]
    readonly external?: readonly ExternalVector[]
  }
}

const directory = join(vectorsDirectory, 'tar')

/** All layers of the tar vectors. */
export const tarVectors: readonly TarVector[] = (
  JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as { cases: TarVector[] }
).cases

export function readTarVector(vector: { readonly file: string }): Uint8Array {
  return new Uint8Array(readFileSync(join(directory, vector.file)))
}

/** The classes in which the vectors say why something is refused, by our codes. */
export const REASONS: Partial<Record<OciErrorCode, string>> = {
  ERR_OCI_TAR_TRUNCATED: 'truncated',
  ERR_OCI_TAR_BAD_CHECKSUM: 'bad-checksum',
  ERR_OCI_TAR_BAD_NUMBER: 'bad-number',
  ERR_OCI_TAR_NUMBER_OUT_OF_RANGE: 'number-out-of-range',
  ERR_OCI_TAR_BAD_SIZE: 'bad-size',
  ERR_OCI_TAR_AMBIGUOUS_SIZE: 'ambiguous-size',
  ERR_OCI_TAR_BAD_PAX_RECORD: 'bad-pax-record',
  ERR_OCI_TAR_AMBIGUOUS_EXTENSION: 'ambiguous-extension',
  ERR_OCI_TAR_ORPHAN_EXTENSION: 'orphan-extension',
  ERR_OCI_TAR_METADATA_TOO_LARGE: 'metadata-too-large',
  ERR_OCI_TAR_SPARSE: 'unsupported-sparse',
  ERR_OCI_TAR_UNSUPPORTED_TYPE: 'unsupported-type',
  ERR_OCI_TAR_BAD_DEVICE: 'bad-device',
  ERR_OCI_TAR_EMPTY_NAME: 'empty-name',
  ERR_OCI_TAR_BAD_PATH: 'bad-path',
  ERR_OCI_TAR_XATTR_NAME_TOO_LONG: 'xattr-too-long',
  ERR_OCI_COMPRESSION_TRUNCATED: 'truncated',
  ERR_OCI_COMPRESSION_CORRUPT: 'corrupt',
  ERR_OCI_COMPRESSION_BAD_CHECKSUM: 'bad-checksum',
  ERR_OCI_COMPRESSION_TRAILING_DATA: 'trailing-data',
  ERR_OCI_COMPRESSION_WINDOW_TOO_LARGE: 'window-too-large',
  ERR_OCI_COMPRESSION_UNSUPPORTED: 'unsupported-compression',
  ERR_OCI_DIGEST_MISMATCH: 'digest-mismatch',
  ERR_OCI_SIZE_MISMATCH: 'size-mismatch',
  ERR_OCI_DIFF_ID_MISMATCH: 'diff-id-mismatch',
}

/** The class of a code, the code itself where it has none, and `accepted` when there was no error. */
export function reasonOfCode(code: OciErrorCode | undefined): string {
  return code === undefined ? 'accepted' : (REASONS[code] ?? code)
}

/** Reasons that the notes of the vectors allow beside the one given. */
const OTHER_REASONS: Readonly<Record<string, string>> = {
  'size-pax-over-2-53': 'bad-size',
  'gnu-L-orphan-at-eof': 'truncated',
}

/** Every reason for which this layer may be refused. */
export function reasonsOfVector({ id, layer }: TarVector): string[] {
  return [layer.reason, OTHER_REASONS[id]].filter(reason => reason !== undefined)
}
