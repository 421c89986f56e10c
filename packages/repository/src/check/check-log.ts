import type { Algorithm, Digest } from '@composefs/fsverity'
import { DigestSet } from '@composefs/fsverity'
import type { CheckFinding, CheckReport, CheckWarning } from './finding.ts'

/** Findings that are listed: a repository that lost everything must not take the memory too. */
const FINDINGS_MAX = 100_000
const WARNINGS_MAX = 1000

/** The counters of a report, by their names there. */
export type CheckCounts = {
  -readonly [Name in
    | 'objectsChecked'
    | 'objectsCorrupted'
    | 'streamsChecked'
    | 'streamsCorrupted'
    | 'imagesChecked'
    | 'imagesCorrupted'
    | 'brokenLinks'
    | 'missingObjects']: CheckReport[Name]
}

/** Gathers what a check finds. */
export class CheckLog {
  readonly #knowsObjects: boolean
  /** Objects that are not what their names say. */
  readonly #badObjects: DigestSet
  readonly counts: CheckCounts = {
    objectsChecked: 0,
    objectsCorrupted: 0,
    streamsChecked: 0,
    streamsCorrupted: 0,
    imagesChecked: 0,
    imagesCorrupted: 0,
    brokenLinks: 0,
    missingObjects: 0,
  }
  readonly #findings: CheckFinding[] = []
  readonly #warnings: CheckWarning[] = []
  #findingsOmitted = 0
  #warningsOmitted = 0

  /** @param knowsObjects objects are checked before what is made of them */
  constructor(algorithm: Algorithm, { knowsObjects }: { readonly knowsObjects: boolean }) {
    this.#badObjects = new DigestSet(algorithm)
    this.#knowsObjects = knowsObjects
  }

  /** Notes something wrong and raises the counters that it belongs to. */
  add(finding: CheckFinding, ...raised: readonly (keyof CheckCounts)[]): void {
    for (const name of raised) this.counts[name] += 1
    if (this.#findings.length < FINDINGS_MAX) this.#findings.push(finding)
    else this.#findingsOmitted += 1
  }

  /** Notes an object that is not what its name says. */
  addBadObject(finding: CheckFinding): void {
    this.add(finding, 'objectsCorrupted')
    if (finding.digest !== undefined) this.#badObjects.add(finding.digest.bytes)
  }

  /**
   * The object as that of a finding about a stream or an image made of it, unless it is what its name says: then it is
   * the link that is wrong, or whoever made the object.
   */
  blame(digest: Digest): Pick<CheckFinding, 'digest'> {
    return this.#knowsObjects && !this.#badObjects.has(digest.bytes) ? {} : { digest }
  }

  warn(warning: CheckWarning): void {
    if (this.#warnings.length < WARNINGS_MAX) this.#warnings.push(warning)
    else this.#warningsOmitted += 1
  }

  report(metadata: CheckReport['metadata']): CheckReport {
    return {
      ok: this.#findings.length === 0,
      metadata,
      ...this.counts,
      findings: this.#findings,
      findingsOmitted: this.#findingsOmitted,
      warnings: this.#warnings,
      warningsOmitted: this.#warningsOmitted,
    }
  }
}
