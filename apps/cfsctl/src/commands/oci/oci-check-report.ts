import { formatOciFinding, type OciCheckReport } from '@composefs/oci'
import { printable } from '../../output/printable.ts'
import type { Json } from '../../output/result.ts'
import { checkDocument, checkLines } from '../check-report.ts'
import type { EffectOf } from '../finding-effects.ts'

/** The text of a check of images: that of the repository, and what is wrong with images. */
export function* ociCheckLines(report: OciCheckReport): Generator<string> {
  const { imagesChecked, imagesCorrupted, findings, findingsOmitted } = report
  yield* checkLines(report.repository)
  yield `oci images: ${imagesChecked - imagesCorrupted}/${imagesChecked} ok`
  if (findings.length === 0) return
  yield `oci errors: ${findings.length + findingsOmitted}`
  for (const finding of findings) yield `  - ${printable(formatOciFinding(finding))}`
  if (findingsOmitted > 0) yield `  - and ${findingsOmitted} more`
}

/** The document of such a check as cfsctl prints it, and more behind. */
export function ociCheckDocument(
  report: OciCheckReport,
  effectOf: EffectOf,
): { readonly [key: string]: Json } {
  return {
    ok: report.ok,
    images_checked: report.imagesChecked,
    images_corrupted: report.imagesCorrupted,
    errors: report.findings.map(formatOciFinding),
    repo: checkDocument(report.repository, effectOf),
    errors_omitted: report.findingsOmitted,
    errors_detail: report.findings.map(({ kind, name, detail, object }) => ({
      kind,
      name,
      object_id: object?.hex ?? null,
      detail,
    })),
  }
}
