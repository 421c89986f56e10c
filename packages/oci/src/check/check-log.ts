import type { OciFinding, OciImagesReport } from './finding.ts'

/** Findings that are listed: a repository that lost everything must not take the memory too. */
const FINDINGS_MAX = 100_000

/** Gathers what a check of images finds. */
export class OciCheckLog {
  readonly #findings: OciFinding[] = []
  #omitted = 0
  #images = 0
  #corrupted = 0

  /** How many findings there are, listed or not. */
  get count(): number {
    return this.#findings.length + this.#omitted
  }

  add(finding: OciFinding): void {
    if (this.#findings.length < FINDINGS_MAX) this.#findings.push(finding)
    else this.#omitted += 1
  }

  /** Counts an image; it is corrupted when the check adds a finding. */
  async image(check: () => Promise<void> | void): Promise<void> {
    const before = this.count
    this.#images += 1
    await check()
    if (this.count > before) this.#corrupted += 1
  }

  report(): OciImagesReport {
    return {
      imagesChecked: this.#images,
      imagesCorrupted: this.#corrupted,
      findings: this.#findings,
      findingsOmitted: this.#omitted,
    }
  }
}
