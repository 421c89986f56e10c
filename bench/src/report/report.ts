import type { Environment } from '../environment.ts'
import type { RowResult } from '../run/result.ts'

/** Number of the form of a report; another one when an old report cannot be read any more. */
export const REPORT_VERSION = 1

/** A whole run, as `--json` writes it. */
export interface Report {
  readonly version: typeof REPORT_VERSION
  readonly environment: Environment
  readonly results: readonly RowResult[]
}

/** Reads what `--json` wrote. */
export function parseReport(text: string): Report {
  const report = JSON.parse(text) as Report
  if (report.version !== REPORT_VERSION) throw new Error('a report of another release')
  return report
}
