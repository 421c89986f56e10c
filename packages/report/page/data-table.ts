import { element } from './dom.ts'
import { count } from './text.ts'

/** A column of a table. */
export interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => Node | string
  /** What rows are sorted by, numbers largest first; a column without it is not to be sorted by. */
  readonly sort?: (row: Row) => number | string
  readonly isNumber?: boolean
  readonly className?: string
  /** The column that names the row. */
  readonly isHead?: boolean
}

/** What a table shows. */
export interface TableOptions<Row> {
  readonly caption: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  /** How many rows there are, when some are left out. */
  readonly total?: number
  /** What is searched when somebody types into the filter; without it there is none. */
  readonly filterText?: (row: Row) => string
}

/** Rows from which on a filter is of use. */
const FILTER_MIN = 12

/** A table that can be sorted, and filtered when it is long. */
export function dataTable<Row>(options: TableOptions<Row>): HTMLElement {
  const { caption, columns, rows, filterText } = options
  const body = element('tbody')
  const heads = columns.map(column => headCell(column))
  const status = element('p', { class: 'table-status', role: 'status' })
  let order = [...rows]
  let needle = ''
  const show = () => {
    const shown = needle === '' ? order : order.filter(row => matches(row))
    body.replaceChildren(...shown.map(row => bodyRow(columns, row)))
    status.textContent = statusText(shown.length)
  }
  const matches = (row: Row) => filterText?.(row).toLowerCase().includes(needle) ?? true
  const statusText = (shown: number) => {
    const { total = rows.length } = options
    if (needle !== '') return `${count(shown)} of ${count(rows.length)} rows match`
    return total > rows.length ? `The first ${count(rows.length)} of ${count(total)}` : ''
  }
  for (const [i, column] of columns.entries()) {
    const { sort } = column
    heads[i]?.querySelector('button')?.addEventListener('click', () => {
      if (sort === undefined) return
      const head = heads[i] as HTMLElement
      const isDescending = nextDescending(head, column)
      for (const other of heads) other.removeAttribute('aria-sort')
      head.setAttribute('aria-sort', isDescending ? 'descending' : 'ascending')
      order = rows.toSorted((a, b) => (isDescending ? -1 : 1) * compare(sort(a), sort(b)))
      show()
    })
  }
  show()
  const table = element(
    'table',
    {},
    element('caption', { class: 'only-heard' }, caption),
    element('thead', {}, element('tr', {}, ...heads)),
    body,
  )
  const scroller = element(
    'div',
    { class: 'scroller', tabindex: 0, role: 'region', 'aria-label': `Table: ${caption}` },
    table,
  )
  const hasFilter = filterText !== undefined && rows.length >= FILTER_MIN
  const filter =
    hasFilter &&
    filterField(`Filter: ${caption}`, text => {
      needle = text
      show()
    })
  return element('div', { class: 'data-table' }, filter, scroller, status)
}

function headCell<Row>({ head, sort, isNumber }: Column<Row>): HTMLElement {
  const content = sort === undefined ? head : element('button', { type: 'button' }, head)
  return element('th', { scope: 'col', class: isNumber === true && 'number' }, content)
}

function bodyRow<Row>(columns: readonly Column<Row>[], row: Row): HTMLElement {
  const cells = columns.map(({ cell, isNumber, isHead, className = '' }) => {
    const classes = [className, isNumber === true ? 'number' : ''].filter(Boolean).join(' ')
    const attributes = { class: classes === '' ? undefined : classes }
    return isHead === true
      ? element('th', { scope: 'row', ...attributes }, cell(row))
      : element('td', attributes, cell(row))
  })
  return element('tr', {}, ...cells)
}

/** Numbers begin with the largest, text with the first. */
function nextDescending<Row>(head: HTMLElement, { isNumber }: Column<Row>): boolean {
  const current = head.getAttribute('aria-sort')
  if (current === null) return isNumber === true
  return current === 'ascending'
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0
}

function filterField(label: string, onText: (text: string) => void): HTMLElement {
  const input = element('input', { type: 'search', 'aria-label': label, placeholder: 'Filter…' })
  input.addEventListener('input', () => onText(input.value.trim().toLowerCase()))
  return element('div', { class: 'filter' }, input)
}
