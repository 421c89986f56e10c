import { decodeUtf8, encodeUtf8, equalBytes } from '@composefs/bytes'
import type { ErofsVersion } from '@composefs/erofs'
import { type Algorithm, formatAlgorithm, parseAlgorithm } from '@composefs/fsverity'
import { RepositoryError } from './errors.ts'

/** Version of meta.json that is written, and the newest that is understood. */
const METADATA_VERSION = 1
/** Largest meta.json that is read, in bytes. Written ones have about 250. */
export const METADATA_SIZE_MAX = 1 << 20
/** The read-only-compatible feature of repositories whose default format is V1. */
const V1_EROFS = 'v1_erofs'
const U32_MAX = 0xffff_ffff

/** What meta.json says. */
export interface RepositoryMetadata {
  readonly version: number
  readonly algorithm: Algorithm
  readonly features: RepositoryFeatures
  /** The formats as written; `erofsFormatsOf` tells what they mean. */
  readonly erofsFormats?: ErofsFormats
}

/** Names of what the repository uses, by what somebody who does not know it may still do. */
export interface RepositoryFeatures {
  /** Anything. */
  readonly compatible: readonly string[]
  /** Reading. */
  readonly readOnlyCompatible: readonly string[]
  /** Nothing. */
  readonly incompatible: readonly string[]
}

/** The formats in which the repository makes images: one that is named by refs, and others stored beside it. */
export interface ErofsFormats {
  readonly default: ErofsVersion
  readonly extra: readonly ErofsVersion[]
}

/** The metadata of a new repository. */
export function createMetadata(algorithm: Algorithm, formats: ErofsFormats): RepositoryMetadata {
  return {
    version: METADATA_VERSION,
    algorithm,
    features: {
      compatible: [],
      readOnlyCompatible: formats.default === 1 ? [V1_EROFS] : [],
      incompatible: [],
    },
    erofsFormats: { default: formats.default, extra: sortedSet(formats.extra) },
  }
}

/** The bytes of meta.json. */
export function encodeMetadata(metadata: RepositoryMetadata): Uint8Array {
  const { features, erofsFormats } = metadata
  const extra = sortedSet(erofsFormats?.extra ?? [])
  const value = {
    version: metadata.version,
    algorithm: formatAlgorithm(metadata.algorithm),
    features: {
      compatible: features.compatible,
      'read-only-compatible': features.readOnlyCompatible,
      incompatible: features.incompatible,
    },
    ...(erofsFormats === undefined
      ? {}
      : {
          erofs_formats: { default: erofsFormats.default, ...(extra.length > 0 ? { extra } : {}) },
        }),
  }
  return encodeUtf8(`${JSON.stringify(value, undefined, 2)}\n`)
}

/**
 * Reads the bytes of meta.json. Unknown keys and unknown compatible and read-only-compatible features are no error.
 *
 * @throws RepositoryError ERR_REPOSITORY_BAD_METADATA, _UNSUPPORTED_VERSION, _UNSUPPORTED_ALGORITHM,
 *   _UNSUPPORTED_FEATURE
 */
export function parseMetadata(bytes: Uint8Array): RepositoryMetadata {
  const value = asRecord(parseText(bytes), 'meta.json')
  const version = value.version
  if (!isWholeNumber(version) || version > U32_MAX) throw bad('version is no 32-bit number')
  if (version > METADATA_VERSION) {
    throw new RepositoryError(
      'ERR_REPOSITORY_UNSUPPORTED_VERSION',
      `repository version ${version} is newer than ${METADATA_VERSION}`,
      { expected: METADATA_VERSION, actual: version },
    )
  }
  if (typeof value.algorithm !== 'string') throw bad('algorithm is no text')
  const algorithm = parseAlgorithm(value.algorithm)
  if (algorithm === undefined) {
    throw new RepositoryError(
      'ERR_REPOSITORY_UNSUPPORTED_ALGORITHM',
      `unknown algorithm ${JSON.stringify(value.algorithm)}`,
      { actual: value.algorithm },
    )
  }
  const features = parseFeatures(value.features)
  if (features.incompatible.length > 0) {
    throw new RepositoryError(
      'ERR_REPOSITORY_UNSUPPORTED_FEATURE',
      `the repository uses features this version does not know: ${features.incompatible.join(', ')}`,
      { features: features.incompatible },
    )
  }
  const formats = value.erofs_formats
  return {
    version,
    algorithm,
    features,
    ...(formats === undefined ? {} : { erofsFormats: parseFormats(formats) }),
  }
}

/** True when `bytes` are what is written for what they say. Others mean the same, but somebody else wrote them. */
export function isAsWritten(bytes: Uint8Array, metadata: RepositoryMetadata): boolean {
  const written = createMetadata(metadata.algorithm, erofsFormatsOf(metadata))
  return equalBytes(bytes, encodeMetadata(written))
}

/** The formats the repository makes. An explicit format 2 alone yields to the V1 feature, as cfsctl reads it. */
export function erofsFormatsOf(metadata: RepositoryMetadata): ErofsFormats {
  const { erofsFormats: written, features } = metadata
  const saysNothing = written === undefined || (written.default === 2 && written.extra.length === 0)
  if (!saysNothing) {
    return {
      default: written.default,
      extra: sortedSet(written.extra).filter(version => version !== written.default),
    }
  }
  return { default: features.readOnlyCompatible.includes(V1_EROFS) ? 1 : 2, extra: [] }
}

/** Features that forbid writing because this version does not know them. */
export function unknownWriteFeatures(metadata: RepositoryMetadata): string[] {
  return metadata.features.readOnlyCompatible.filter(feature => feature !== V1_EROFS)
}

/** True when both say the same: version, algorithm, features and formats. */
export function equalMetadata(a: RepositoryMetadata, b: RepositoryMetadata): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b))
}

function canonical(metadata: RepositoryMetadata): unknown {
  const { features, erofsFormats } = metadata
  return [
    metadata.version,
    metadata.algorithm.name,
    [features.compatible, features.readOnlyCompatible, features.incompatible].map(list =>
      list.toSorted(),
    ),
    erofsFormats === undefined ? null : [erofsFormats.default, sortedSet(erofsFormats.extra)],
  ]
}

function parseText(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes)
  if (text === undefined) throw bad('not UTF-8')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw bad('not one JSON value', cause)
  }
}

function parseFeatures(value: unknown): RepositoryFeatures {
  const features = value === undefined ? {} : asRecord(value, 'features')
  const list = (key: string): string[] => {
    const entries = features[key]
    if (entries === undefined) return []
    if (!Array.isArray(entries) || !entries.every(entry => typeof entry === 'string')) {
      throw bad(`features.${key} is no list of texts`)
    }
    return entries
  }
  return {
    compatible: list('compatible'),
    readOnlyCompatible: list('read-only-compatible'),
    incompatible: list('incompatible'),
  }
}

function parseFormats(value: unknown): ErofsFormats {
  const formats = asRecord(value, 'erofs_formats')
  const { extra = [] } = formats
  if (!isErofsVersion(formats.default)) throw bad('erofs_formats.default is not 0, 1 or 2')
  if (!Array.isArray(extra) || !extra.every(isErofsVersion)) {
    throw bad('erofs_formats.extra is no list of 0, 1 and 2')
  }
  return { default: formats.default, extra }
}

function asRecord(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad(`${what} is no object`)
  }
  return value as Readonly<Record<string, unknown>>
}

function isWholeNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isErofsVersion(value: unknown): value is ErofsVersion {
  return value === 0 || value === 1 || value === 2
}

function sortedSet(versions: readonly ErofsVersion[]): ErofsVersion[] {
  return [...new Set(versions)].sort((a, b) => a - b)
}

function bad(reason: string, cause?: unknown): RepositoryError {
  return new RepositoryError(
    'ERR_REPOSITORY_BAD_METADATA',
    `meta.json: ${reason}`,
    {},
    cause === undefined ? undefined : { cause },
  )
}
