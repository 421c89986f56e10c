import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hasVerity, whyNoMounts } from './mount-place.ts'
import { MountTrials, TRIALS } from './mount-trials.ts'

const page = readFileSync(
  fileURLToPath(new URL('../../../../docs/mounting.md', import.meta.url)),
  'utf8',
)
const table = readTable(page)
const column = columnOfThisKernel(table.header)
const why = whyNoMounts() ?? (column < 0 ? 'the table has no such kernel' : undefined)

test('docs/mounting.md has a row for each way to mount', () => {
  expect(table.rows.map(([label]) => label)).toEqual(Object.keys(TRIALS))
})

describe.skipIf(why !== undefined)(`docs/mounting.md${why ? ` (${why})` : ''}`, () => {
  let trials: MountTrials
  beforeAll(async () => {
    trials = await MountTrials.open()
  })
  afterEach(() => trials.unmount())
  afterAll(() => trials.close())

  test.each(Object.entries(TRIALS))('says what this kernel does: %s', (label, attempt) => {
    const cells = table.rows.find(row => row[0] === label)
    const { cell, error } = attempt(trials)
    expect(cell).toBe(cells?.[column])
    if (error !== undefined) expect(page).toContain(`\n${error}\n`)
  })
})

interface Table {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** The rows of the tables of a page that have kernels as columns. */
function readTable(text: string): Table {
  const lines = text
    .split('\n')
    .filter(line => line.startsWith('| '))
    .map(line =>
      line
        .slice(1, -1)
        .split(' | ')
        .map(cell => cell.trim()),
    )
  const isHeader = (cells: readonly string[]) => cells[1] === '6.1'
  const header = lines.find(isHeader) ?? []
  return {
    header,
    rows: lines.filter(
      cells => cells.length === header.length && !isHeader(cells) && !/^-+$/.test(cells[0] ?? ''),
    ),
  }
}

function columnOfThisKernel(header: readonly string[]): number {
  const release = readFileSync('/proc/sys/kernel/osrelease', 'utf8')
  const [, version] = /^(\d+\.\d+)/.exec(release) ?? []
  return header.indexOf(hasVerity() ? `${version}` : `${version}, without fs-verity`)
}
