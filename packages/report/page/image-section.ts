import type { PageData, PageImage } from '../src/page/page-data.ts'
import { visibleText } from '../src/page/visible-text.ts'
import { dataTable } from './data-table.ts'
import { element, section } from './dom.ts'
import { barOnly } from './stacked-bar.ts'
import { count, nameElement, percent, size } from './text.ts'

/** Images that the table of pairs has room for. */
const PAIRS_MAX = 12

/** What images have for themselves, and what they share. */
export function imageSection(data: PageData): HTMLElement | undefined {
  const { images } = data
  if (images.length < 2) return undefined
  const largest = Math.max(...images.map(({ objectBytes }) => objectBytes))
  const table = dataTable<PageImage>({
    caption: 'Images, and how much of each is shared',
    rows: images,
    filterText: ({ label, names }) => [label, ...names].join(' '),
    columns: [
      {
        head: 'Image',
        isHead: true,
        sort: ({ label }) => label,
        cell: image => imageCell(image, largest),
      },
      numeric('Objects', ({ objectBytes }) => objectBytes),
      numeric('Only here', ({ uniqueBytes }) => uniqueBytes),
      numeric('Shared', ({ sharedBytes }) => sharedBytes),
      {
        head: 'Part shared',
        isNumber: true,
        sort: ({ sharedBytes, objectBytes }) => sharedBytes / Math.max(1, objectBytes),
        cell: ({ sharedBytes, objectBytes }) => percent(sharedBytes, objectBytes),
      },
      {
        head: 'Files',
        isNumber: true,
        sort: ({ files }) => files,
        cell: ({ files }) => count(files),
      },
      numeric('Hidden', ({ hiddenBytes }) => hiddenBytes),
    ],
  })
  const lead =
    'Objects that another image of this report has too count as shared; the two parts add up to the objects of an image. Only here is what removing the image frees.'
  return section('images', 'Shared and unique', lead, table, pairs(data))
}

function numeric(head: string, bytes: (image: PageImage) => number) {
  return {
    head,
    isNumber: true,
    sort: bytes,
    cell: (image: PageImage) => size(bytes(image)),
  }
}

function imageCell(image: PageImage, largest: number): HTMLElement {
  const others = image.names.length - 1
  return element(
    'div',
    { class: 'named-bar' },
    nameElement(image.label),
    others > 0 &&
      element(
        'span',
        { class: 'note' },
        `also ${image.names.slice(1).map(visibleText).join(', ')}`,
      ),
    barOnly(
      [
        { label: 'Only here', bytes: image.uniqueBytes, tone: 'own' },
        { label: 'Shared', bytes: image.sharedBytes, tone: 'shared' },
      ],
      largest,
    ),
  )
}

/** What each two images have in common. */
function pairs({ images, shared }: PageData): HTMLElement | undefined {
  const shown = images.slice(0, PAIRS_MAX)
  const common = (a: number, b: number) =>
    shared.reduce(
      (sum, part) => (part.images.includes(a) && part.images.includes(b) ? sum + part.bytes : sum),
      0,
    )
  const heads = shown.map(({ label }) =>
    element('th', { scope: 'col', class: 'number' }, nameElement(label)),
  )
  const rows = shown.map((image, a) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, nameElement(image.label)),
      ...shown.map((other, b) =>
        pairCell(common(a, b), Math.min(image.objectBytes, other.objectBytes), a === b),
      ),
    ),
  )
  const caption = 'Bytes that two images have in common'
  return element(
    'details',
    { class: 'pairs' },
    element('summary', {}, caption),
    element(
      'div',
      { class: 'scroller', tabindex: 0, role: 'region', 'aria-label': caption },
      element(
        'table',
        {},
        element('caption', { class: 'only-heard' }, caption),
        element('thead', {}, element('tr', {}, element('td', {}), ...heads)),
        element('tbody', {}, ...rows),
      ),
    ),
    images.length > shown.length &&
      element(
        'p',
        { class: 'table-status' },
        `The first ${shown.length} of ${images.length} images`,
      ),
  )
}

function pairCell(bytes: number, whole: number, isSame: boolean): HTMLElement {
  const level = whole === 0 ? 0 : Math.ceil((bytes / whole) * 4)
  return element(
    'td',
    { class: isSame ? 'number is-same' : `number heat-${level}` },
    bytes === 0 ? '–' : size(bytes),
  )
}
