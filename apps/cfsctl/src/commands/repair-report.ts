import type { RepairReport } from '@composefs/oci'
import type { MendedEntry } from '@composefs/repository'
import { CliError } from '../errors/cli-error.ts'
import { printable } from '../output/printable.ts'
import type { Json } from '../output/result.ts'
import { shellWord } from '../output/shell-word.ts'
import { formatSize } from '../output/size.ts'
import type { EffectOf } from './finding-effects.ts'
import { ociCheckDocument, ociCheckLines } from './oci/oci-check-report.ts'

/** The text of a repair: what was wrong, what was done, and what is left. */
export function* repairLines(report: RepairReport): Generator<string> {
  yield* ociCheckLines(report.before)
  if (report.before.ok) return
  yield 'repair:'
  for (const line of workLines(report)) yield `  - ${printable(line)}`
  yield 'after the repair:'
  yield* ociCheckLines(report.after)
}

function* workLines(report: RepairReport): Generator<string> {
  for (const entry of report.entries) yield entryLine(entry)
  const { objectsTaken, bytesTaken } = report
  if (objectsTaken > 0) yield `objects taken over: ${objectsTaken} (${formatSize(bytesTaken)})`
  for (const { diffId, size, from } of report.layers) {
    yield `layer fetched: ${diffId} (${formatSize(size)}) from ${from}`
  }
  for (const { kind, digest } of report.documents) yield `${kind} stored again: ${digest}`
  for (const hex of report.images) yield `image made again: ${hex}`
  for (const path of report.linksRemoved) yield `name removed, as nothing needs it: ${path}`
  for (const { name, from, reason } of report.failures) {
    yield from === null
      ? `not repaired: ${name}: ${reason}`
      : `no help for ${name}: ${from}: ${reason}`
  }
}

function entryLine(entry: MendedEntry): string {
  switch (entry.action) {
    case 'put-aside':
      return `put aside: ${entry.path} -> ${entry.to}`
    case 'verity-enabled':
      return `fs-verity enabled: ${entry.path}`
    case 'failed':
      return `not put aside: ${entry.path}: ${entry.reason}`
  }
}

/**
 * The document of a repair.
 *
 * @param effects what the findings before and after mean for images
 */
export function repairDocument(
  report: RepairReport,
  effects: { readonly before: EffectOf; readonly after: EffectOf },
): { readonly [key: string]: Json } {
  return {
    schema: 'cfsctl.fsck-repair/1',
    ok: report.ok,
    before: ociCheckDocument(report.before, effects.before),
    after: ociCheckDocument(report.after, effects.after),
    entries: report.entries.map(entry => ({
      action: entry.action,
      path: entry.path,
      to: entry.action === 'put-aside' ? entry.to : null,
      reason: entry.action === 'failed' ? entry.reason : null,
    })),
    objects_taken: report.objectsTaken,
    bytes_taken: report.bytesTaken,
    layers: report.layers.map(({ diffId, digest, size, from }) => ({
      diff_id: diffId,
      digest,
      size,
      from,
    })),
    bytes_fetched: report.bytesFetched,
    documents: report.documents.map(({ kind, digest }) => ({ kind, digest })),
    images: report.images,
    links_removed: report.linksRemoved,
    failures: report.failures.map(({ name, from, reason }) => ({ name, from, reason })),
    duration_ms: report.durationMs,
  }
}

const DIGEST = /^sha(?:256|512):[0-9a-f]+$/

/** The error of a repair after which not all is well; undefined when it is. */
export function repairFailure({ ok, failures, after }: RepairReport): CliError | undefined {
  if (ok) return undefined
  // An image without a tag goes by its digest, which cannot be untagged.
  const given = failures.find(({ name, from }) => from === null && !DIGEST.test(name))
  const tag = (given ?? after.findings.find(({ name }) => !name.startsWith('streams')))?.name
  const hints = [
    'cfsctl fsck --repair --from REF|REPO names an image or a repository that has what is missing',
    ...(tag === undefined
      ? []
      : [`cfsctl oci untag ${shellWord(tag)} gives an image up that cannot be had again`]),
  ]
  return new CliError('fsck-errors', 'not everything could be repaired', { hints })
}
