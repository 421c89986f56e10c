import { displayWidth } from './display-width.ts'
import { printable } from './printable.ts'

/** Rows of text cells below a header. */
export interface Table {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Printed instead of a table without rows. */
  readonly whenEmpty: string
}

/**
 * The table as a box, cells on the left and never wrapped, whatever the width of a terminal.
 *
 * The characters are cfsctl's, so that scripts which cut them off keep working.
 */
export function* boxLines(table: Table): Generator<string> {
  if (table.rows.length === 0) {
    yield table.whenEmpty
    return
  }
  const rows = table.rows.map(row => row.map(printable))
  // Not Math.max(...): a repository may have more images than a call takes arguments.
  const widths = table.header.map((title, column) =>
    rows.reduce(
      (width, row) => Math.max(width, displayWidth(row[column] ?? '')),
      displayWidth(title),
    ),
  )
  const rule = (left: string, line: string, cross: string, right: string) =>
    left + widths.map(width => line.repeat(width + 2)).join(cross) + right
  const cells = (row: readonly string[]) =>
    `│ ${widths.map((width, column) => pad(row[column] ?? '', width)).join(' ┆ ')} │`

  yield rule('┌', '─', '┬', '┐')
  yield cells(table.header)
  yield rule('╞', '═', '╪', '╡')
  for (const [index, row] of rows.entries()) {
    if (index > 0) yield rule('├', '╌', '┼', '┤')
    yield cells(row)
  }
  yield rule('└', '─', '┴', '┘')
}

/** The rows as columns between TABs, without a header: for `cut` and `awk`. */
export function* plainLines(table: Table): Generator<string> {
  for (const row of table.rows) yield row.map(printable).join('\t')
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(width - displayWidth(text), 0))
}
