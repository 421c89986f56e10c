import type { ComparedPair } from '@composefs/oci'
import type { ChangeCounts, DifferenceCounts, ObjectCounts, ObjectsToFetch } from '@composefs/tree'
import { displayWidth } from '../output/display-width.ts'
import { pathText } from '../output/path-text.ts'
import type { Json } from '../output/result.ts'
import { shellWord } from '../output/shell-word.ts'
import { formatSize } from '../output/size.ts'
import { groupDigits } from '../output/transfer-text.ts'

/** Two trees in numbers. */
export interface ComparedNumbers {
  readonly counts: DifferenceCounts
  readonly isDifferent: boolean
  readonly fetch: ObjectsToFetch
}

const COLUMNS = ['added', 'removed', 'changed'] as const

/** A line for each directory at the top, or with TABs. */
export function* statLines({ counts }: ComparedNumbers, isPlain: boolean): Generator<string> {
  const rows = [...counts.directories].map(([name, numbers]) => ({
    name: pathText(Buffer.from(name, 'latin1')),
    numbers,
  }))
  if (isPlain) {
    for (const { name, numbers } of rows) {
      yield [name, ...COLUMNS.map(column => numbers[column])].join('\t')
    }
    return
  }
  rows.push({ name: 'all', numbers: counts })
  const width = rows.reduce((most, { name }) => Math.max(most, displayWidth(name)), 0)
  const widths = COLUMNS.map(column => Math.max(column.length, groupDigits(counts[column]).length))
  yield `${' '.repeat(width)}${COLUMNS.map((column, i) => column.padStart((widths[i] ?? 0) + 2)).join('')}`
  for (const { name, numbers } of rows) yield statRow(name, numbers, { width, widths })
  if (counts.parts.size === 0) return
  yield ''
  const parts = [...counts.parts].sort(([, a], [, b]) => b - a)
  yield `changed: ${parts.map(([part, count]) => `${part} ${groupDigits(count)}`).join(', ')}`
}

function statRow(
  name: string,
  numbers: ChangeCounts,
  { width, widths }: { readonly width: number; readonly widths: readonly number[] },
): string {
  const cells = COLUMNS.map((column, i) =>
    groupDigits(numbers[column]).padStart((widths[i] ?? 0) + 2),
  )
  return `${name}${' '.repeat(width - displayWidth(name))}${cells.join('')}`
}

/** How much there is, and what is to be fetched. */
export function* summaryLine(
  { a, b }: ComparedPair,
  { counts, fetch, isDifferent }: ComparedNumbers,
): Generator<string> {
  if (!isDifferent) {
    yield 'The trees are the same.'
    if (a.id === undefined || b.id === undefined || a.id.equals(b.id)) return
    yield `Their ids are not: cfsctl explain ${shellWord(a.word)} ${shellWord(b.word)} tells why.`
    return
  }
  yield COLUMNS.map(column => `${groupDigits(counts[column])} ${column}`).join(', ')
  const { needed } = fetch
  yield `to fetch: ${objectsText(fetch)}, of ${objectsText(needed)} that B needs`
}

function objectsText({ bytes, objects }: ObjectCounts): string {
  return `${groupDigits(objects)} ${objects === 1 ? 'object' : 'objects'} (${formatSize(bytes)})`
}

/** The same for programs. */
export function numbersDocument({ counts, fetch, isDifferent }: ComparedNumbers) {
  return {
    same: !isDifferent,
    counts: {
      added: counts.added,
      removed: counts.removed,
      changed: counts.changed,
      parts: Object.fromEntries([...counts.parts].sort(([x], [y]) => (x < y ? -1 : 1))),
    },
    fetch: {
      objects: fetch.objects,
      bytes: fetch.bytes,
      objects_needed: fetch.needed.objects,
      bytes_needed: fetch.needed.bytes,
    },
  } satisfies { readonly [key: string]: Json }
}
