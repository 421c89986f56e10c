import {
  type CheckFinding,
  type CheckReport,
  type CheckWarning,
  formatFinding,
} from '@composefs/repository'
import type { Context } from '../context.ts'
import { CliError } from '../errors/cli-error.ts'
import { printable } from '../output/printable.ts'
import type { Json, Result } from '../output/result.ts'
import type { EffectOf } from './finding-effects.ts'

/** The text of a check. */
export function* checkLines(report: CheckReport): Generator<string> {
  const { brokenLinks, missingObjects, findings, findingsOmitted } = report
  yield `meta.json: ${report.metadata}`
  yield `objects: ${okOf(report.objectsChecked, report.objectsCorrupted)} ok`
  yield `streams: ${okOf(report.streamsChecked, report.streamsCorrupted)} ok`
  yield `images: ${okOf(report.imagesChecked, report.imagesCorrupted)} ok`
  if (brokenLinks > 0) yield `broken symlinks: ${brokenLinks}`
  if (missingObjects > 0) yield `missing objects: ${missingObjects}`
  yield report.ok ? 'status: ok' : `status: ${findings.length + findingsOmitted} error(s)`
  for (const finding of findings) yield `  - ${printable(formatFinding(finding))}`
  if (findingsOmitted > 0) yield `  - and ${findingsOmitted} more`
}

/** The document of a check as cfsctl prints it, and more behind. */
export function checkDocument(
  report: CheckReport,
  effectOf: EffectOf,
): { readonly [key: string]: Json } {
  const { findings } = report
  return {
    ok: report.ok,
    has_metadata: report.metadata !== 'absent',
    objects_checked: report.objectsChecked,
    objects_corrupted: report.objectsCorrupted,
    streams_checked: report.streamsChecked,
    streams_corrupted: report.streamsCorrupted,
    images_checked: report.imagesChecked,
    images_corrupted: report.imagesCorrupted,
    broken_links: report.brokenLinks,
    missing_objects: report.missingObjects,
    errors: findings.map(formatFinding),
    errors_omitted: report.findingsOmitted,
    errors_detail: findings.map(finding => {
      const { images, files, fileCount } = effectOf(finding)
      return {
        kind: finding.kind,
        path: finding.path,
        object_id: finding.digest?.hex ?? null,
        detail: finding.detail,
        images,
        repairable: isRepairable(finding),
        files: files.map(({ image, path }) => ({ image: image.hex, path })),
        files_total: fileCount,
      }
    }),
    warnings: report.warnings.map(warningText),
  }
}

/** Tells the warnings of a check, unless they are in its document. */
export function tellWarnings({ warnings }: CheckReport, { console, globals }: Context): void {
  if (!globals.json) for (const warning of warnings) console.warning(warningText(warning))
}

/**
 * The failure of a command that has a report to print: something is wrong. With `--json` the document says so, and it
 * is one with `--fail` only.
 */
export function checkFailure(
  { ok }: { readonly ok: boolean },
  { fail }: { readonly fail: boolean },
  { globals }: Context,
): Pick<Result, 'failure'> {
  if (ok || (globals.json && !fail)) return {}
  return { failure: new CliError('fsck-errors', 'repository integrity check failed') }
}

/** A warning in the form of a finding. */
function warningText({ kind, path }: CheckWarning): string {
  return `fsck: ${kind}: ${path}`
}

/** Whether the object or link could be made again from what an image was pulled from. */
function isRepairable({ kind, digest }: CheckFinding): boolean {
  return digest !== undefined || kind === 'broken-symlink'
}

function okOf(checked: number, corrupted: number): string {
  return `${checked - corrupted}/${checked}`
}
