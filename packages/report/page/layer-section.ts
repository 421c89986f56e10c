import type { PageData } from '../src/page/page-data.ts'
import { dataTable } from './data-table.ts'
import { element, section } from './dom.ts'
import { barOnly } from './stacked-bar.ts'
import { count, percent, shortDigest, size } from './text.ts'

type Layer = PageData['layers'][number]

/** The layers, and what of them does not show. */
export function layerSection({ layers, images, subject }: PageData): HTMLElement | undefined {
  if (layers.length === 0) return undefined
  const largest = Math.max(...layers.map(({ bytes }) => bytes))
  const numbers = new Map(layers.map((layer, index) => [layer, index + 1]))
  const table = dataTable<Layer>({
    caption: 'Layers',
    rows: layers,
    filterText: ({ diffId }) => diffId,
    columns: [
      {
        head: 'Layer',
        isHead: true,
        sort: layer => -(numbers.get(layer) ?? 0),
        isNumber: false,
        cell: layer => layerCell(layer, numbers.get(layer) ?? 0, largest),
      },
      { head: 'Content', isNumber: true, sort: l => l.bytes, cell: l => size(l.bytes) },
      { head: 'Files', isNumber: true, sort: l => l.files, cell: l => count(l.files) },
      { head: 'Hidden', isNumber: true, sort: l => l.hiddenBytes, cell: l => size(l.hiddenBytes) },
      {
        head: 'Part hidden',
        isNumber: true,
        sort: l => l.hiddenBytes / Math.max(1, l.bytes),
        cell: l => percent(l.hiddenBytes, l.bytes),
      },
      ...(subject.kind === 'repository'
        ? [
            {
              head: 'Images',
              isNumber: true,
              sort: (l: Layer) => l.images.length,
              cell: (l: Layer) => `${l.images.length} of ${images.length}`,
            },
          ]
        : []),
    ],
  })
  const lead =
    'Content of the files of each layer, unpacked. Hidden is what a later layer removes or replaces: it is fetched and kept, and nobody sees it.'
  return section('layers', 'Layers', lead, table)
}

function layerCell(layer: Layer, number: number, largest: number): HTMLElement {
  return element(
    'div',
    { class: 'named-bar' },
    element('span', {}, `Layer ${number} `, element('code', {}, shortDigest(layer.diffId))),
    barOnly(
      [
        { label: 'Shown', bytes: layer.bytes - layer.hiddenBytes, tone: 'own' },
        { label: 'Hidden', bytes: layer.hiddenBytes, tone: 'waste' },
      ],
      largest,
    ),
  )
}
