import type { PageData } from '../src/page/page-data.ts'
import { type Column, dataTable } from './data-table.ts'
import { element, section } from './dom.ts'
import { count, nameElement, percent, shortDigest, size } from './text.ts'

type Large = PageData['largest']['rows'][number]
type Duplicate = PageData['duplicates']['rows'][number]
type Hidden = PageData['hidden']['rows'][number]

/** The largest files. */
export function largestSection(data: PageData): HTMLElement {
  const { largest, images, layers, views } = data
  const whole = views.find(({ kind }) => kind === 'directory')?.bytes[0] ?? 0
  const columns: Column<Large>[] = [
    pathColumn(({ path }) => path),
    { head: 'Size', isNumber: true, sort: row => row.bytes, cell: row => size(row.bytes) },
    { head: 'Share', isNumber: true, cell: row => percent(row.bytes, whole) },
  ]
  if (layers.length > 1) columns.push(layerColumn('Layer', row => row.layer))
  if (images.length > 1) {
    columns.push({
      head: 'Images',
      isNumber: true,
      sort: row => row.images,
      cell: row => count(row.images),
    })
  }
  return section(
    'largest',
    'Largest files',
    undefined,
    dataTable({
      caption: 'Largest files',
      columns,
      rows: largest.rows,
      total: largest.total,
      filterText: ({ path }) => path,
    }),
  )
}

/** Contents that come more than once. */
export function duplicateSection({ duplicates, layers }: PageData): HTMLElement {
  const { rows, total, repeatedBytes } = duplicates
  const lead =
    total === 0
      ? 'No content comes twice.'
      : `${count(total)} contents come more than once: ${size(repeatedBytes)} are fetched again. An object is stored once however often it comes.`
  if (rows.length === 0) return section('duplicates', 'Repeated content', lead)
  const columns: Column<Duplicate>[] = [
    { head: 'Content', isHead: true, className: 'path', cell: placesCell },
    { head: 'Size', isNumber: true, sort: row => row.bytes, cell: row => size(row.bytes) },
    { head: 'Copies', isNumber: true, sort: row => row.copies, cell: row => count(row.copies) },
  ]
  if (layers.length > 0) {
    columns.push({
      head: 'Layers',
      isNumber: true,
      sort: row => row.layers,
      cell: row => count(row.layers),
    })
  }
  columns.push({
    head: 'Repeated',
    isNumber: true,
    sort: row => row.repeatedBytes,
    cell: row => size(row.repeatedBytes),
  })
  return section(
    'duplicates',
    'Repeated content',
    lead,
    dataTable({
      caption: 'Contents that come more than once',
      columns,
      rows,
      total,
      filterText: ({ places }) => places.map(({ path }) => path).join('\n'),
    }),
  )
}

/** What layers hold for nothing. */
export function hiddenSection(data: PageData): HTMLElement | undefined {
  const { hidden, layers, images } = data
  if (layers.length === 0) return undefined
  const { rows, total, bytes } = hidden
  const lead =
    total === 0
      ? 'Nothing is hidden: every file of the layers shows in the image.'
      : `${size(bytes)} lie in layers and do not show: a later layer removes or replaces them. Removing files in the layer that adds them saves that.`
  if (rows.length === 0) return section('hidden', 'Hidden content', lead)
  const columns: Column<Hidden>[] = [
    pathColumn(({ path }) => path),
    { head: 'Hidden', isNumber: true, sort: row => row.bytes, cell: row => size(row.bytes) },
    { head: 'Files', isNumber: true, sort: row => row.files, cell: row => count(row.files) },
    layerColumn('Added by', row => row.layer),
    { head: 'How', sort: howText, cell: howText },
  ]
  if (images.length > 1) {
    columns.push({
      head: 'Image',
      sort: row => images[row.image]?.label ?? '',
      cell: row => nameElement(images[row.image]?.label ?? ''),
    })
  }
  return section(
    'hidden',
    'Hidden content',
    lead,
    dataTable({
      caption: 'Content that does not show',
      columns,
      rows,
      total,
      filterText: ({ path }) => path,
    }),
  )
}

/** What could not be read. */
export function problemSection({ problems }: PageData): HTMLElement | undefined {
  if (problems.length === 0) return undefined
  const items = problems.map(({ name, reason }) =>
    element('li', {}, nameElement(name), ': ', nameElement(reason)),
  )
  return section(
    'problems',
    'What could not be read',
    'The numbers of this report are without it.',
    element('ul', { class: 'problems' }, ...items),
  )
}

function pathColumn<Row>(path: (row: Row) => string): Column<Row> {
  return {
    head: 'Path',
    isHead: true,
    className: 'path',
    sort: path,
    cell: row => nameElement(path(row)),
  }
}

function layerColumn<Row>(head: string, layer: (row: Row) => number | null): Column<Row> {
  return {
    head,
    isNumber: true,
    sort: row => layer(row) ?? -1,
    cell: row => layerName(layer(row)),
  }
}

function layerName(layer: number | null): string {
  return layer === null ? '–' : `Layer ${layer + 1}`
}

function howText({ how, by }: Hidden): string {
  if (how === 'emptied') return 'Left out of every image'
  return `${how === 'removed' ? 'Removed' : 'Replaced'} by layer ${(by ?? 0) + 1}`
}

function placesCell({ places, copies, object }: Duplicate): HTMLElement {
  const [first] = places
  const items = places.map(({ layer, path }) =>
    element(
      'li',
      {},
      nameElement(path),
      layer !== null && element('span', { class: 'quiet' }, ` layer ${layer + 1}`),
    ),
  )
  const more = copies - places.length
  if (more > 0) items.push(element('li', { class: 'quiet' }, `and ${count(more)} more`))
  return element(
    'details',
    {},
    element('summary', {}, nameElement(first?.path ?? shortDigest(object))),
    element('ul', { class: 'places' }, ...items),
  )
}
