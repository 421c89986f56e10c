import type { Digest } from '@composefs/fsverity'

/**
 * What can be wrong with a part of a repository, in the words of cfsctl. Kinds are API: append, never rename.
 *
 * `object-check-failed`, `stream-read-failed` and `image-read-failed` are in the reports of cfsctl alone: here such
 * things cannot be opened, or are invalid.
 */
export type FindingKind =
  | 'metadata-parse-failed'
  | 'metadata-algorithm-mismatch'
  /** A name in a directory of objects that is no digest. */
  | 'object-invalid-name'
  | 'object-open-failed'
  /** Content that is not what its name says: by the kernel's digest, or computed. */
  | 'object-digest-mismatch'
  /** fs-verity that cannot be asked, or is of another algorithm. */
  | 'object-verity-failed'
  /** No fs-verity in a secure repository. */
  | 'object-verity-missing'
  | 'object-check-failed'
  /** Something in `streams/` or `images/` that is no symlink. */
  | 'entry-not-symlink'
  /** A symlink that leads nowhere, or not to what such a link has to name. */
  | 'broken-symlink'
  | 'stat-failed'
  /** A file where a symlink or directory belongs. */
  | 'unexpected-file-type'
  | 'stream-open-failed'
  | 'stream-read-failed'
  /** An object that a stream refers to and that is not there. */
  | 'missing-object-ref'
  | 'missing-named-ref'
  | 'image-open-failed'
  | 'image-read-failed'
  | 'image-invalid'
  | 'image-missing-object'

/** Something that is wrong. */
export interface CheckFinding {
  readonly kind: FindingKind
  /** Relative to the repository; bytes that are not UTF-8 show as U+FFFD. */
  readonly path: string
  /** What is known beyond kind and path; empty when that is all. */
  readonly detail: string
  /** The object that is bad or missing. */
  readonly digest?: Digest
}

/** What is noticed beside findings: nothing depends on it. */
export type WarningKind =
  /** What a writer that was killed left behind more than a day ago; garbage collection removes it. */
  | 'stray-temporary'
  /** An entry that is none of a repository. */
  | 'unknown-entry'
  /** A valid meta.json that is not what this version writes: changed by hand, by a newer version, or by chance. */
  | 'metadata-unusual'

/** Something that need not be there. */
export interface CheckWarning {
  readonly kind: WarningKind
  /** Relative to the repository. */
  readonly path: string
}

/** What a check of a repository found. */
export interface CheckReport {
  /** True when there are no findings. Warnings do not count. */
  readonly ok: boolean
  /** `absent` in repositories from before meta.json. */
  readonly metadata: 'ok' | 'absent' | 'error'
  readonly objectsChecked: number
  readonly objectsCorrupted: number
  readonly streamsChecked: number
  readonly streamsCorrupted: number
  readonly imagesChecked: number
  readonly imagesCorrupted: number
  readonly brokenLinks: number
  /** References to objects that are not there: an object that two streams need counts twice. */
  readonly missingObjects: number
  /** In the order of the check, and sorted by name within each directory. */
  readonly findings: readonly CheckFinding[]
  /** Findings beyond those that are listed. */
  readonly findingsOmitted: number
  readonly warnings: readonly CheckWarning[]
  readonly warningsOmitted: number
}

/** The line that cfsctl prints for a finding: `fsck: KIND: PATH: DETAIL`. */
export function formatFinding({ kind, path, detail }: CheckFinding): string {
  return detail === '' ? `fsck: ${kind}: ${path}` : `fsck: ${kind}: ${path}: ${detail}`
}

/** False for a path with names that are no text: what shows of their bytes may be the path of something else. */
export function isExactPath(path: string): boolean {
  return !path.includes('\ufffd')
}
