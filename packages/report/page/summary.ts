import type { PageData } from '../src/page/page-data.ts'
import { visibleText } from '../src/page/visible-text.ts'
import { element } from './dom.ts'
import { stackedBar } from './stacked-bar.ts'
import { count, percent, quantity, size } from './text.ts'
import { themeSwitch } from './theme.ts'

/** The head of the page: what it is about, and the numbers that matter. */
export function pageHead(data: PageData): HTMLElement {
  const { subject } = data
  const kind = subject.kind === 'image' ? 'Image report' : 'Repository report'
  return element(
    'header',
    { class: 'page-head' },
    element(
      'div',
      { class: 'head-line' },
      element('p', { class: 'kicker' }, mark(), kind),
      themeSwitch(),
    ),
    element('h1', {}, element('bdi', {}, visibleText(subject.name))),
    facts(data),
  )
}

/** The numbers, large. */
export function numbers(data: PageData): HTMLElement {
  const items = data.subject.kind === 'image' ? imageNumbers(data) : repositoryNumbers(data)
  return element(
    'dl',
    { class: 'numbers' },
    ...items.map(({ label, value, note, tone }) =>
      element(
        'div',
        { class: tone },
        element('dt', {}, label),
        element('dd', { class: 'value' }, value),
        element('dd', { class: 'note' }, note),
      ),
    ),
  )
}

/** Of a repository: what its bytes are for. */
export function storedBar({ stored, images }: PageData): HTMLElement | undefined {
  if (stored === null) return undefined
  const unique = images.reduce((sum, { uniqueBytes }) => sum + uniqueBytes, 0)
  return stackedBar([
    { label: 'Files of one image', bytes: Math.min(unique, stored.shown.bytes), tone: 'own' },
    {
      label: 'Files of several images',
      bytes: Math.max(0, stored.shown.bytes - unique),
      tone: 'shared',
    },
    {
      label: 'Layer streams, EROFS images, hidden files',
      bytes: stored.other.bytes,
      tone: 'other',
    },
    { label: 'Unreferenced', bytes: stored.unreferenced.bytes, tone: 'waste' },
  ])
}

interface BigNumber {
  readonly label: string
  readonly value: string
  readonly note: string
  readonly tone?: string
}

function imageNumbers({ images, layers, duplicates, hidden }: PageData): BigNumber[] {
  const [image] = images
  if (image === undefined) return []
  const shipped = layers.reduce((sum, { bytes }) => sum + bytes, 0)
  const numbers: BigNumber[] = [
    {
      label: 'Content',
      value: size(image.bytes),
      note: `${quantity(image.files, 'file')} in ${quantity(image.directories, 'directory', 'directories')}`,
    },
    {
      label: 'Stored as objects',
      value: size(image.objectBytes),
      note: `${quantity(image.objects, 'object')}, each content once`,
    },
  ]
  if (layers.length > 0) {
    numbers.push(
      {
        label: 'In layers',
        value: size(shipped),
        note: `${quantity(layers.length, 'layer')}, unpacked`,
      },
      {
        label: 'Hidden in layers',
        value: size(hidden.bytes),
        note:
          hidden.bytes === 0
            ? 'every file shows in the image'
            : `${percent(hidden.bytes, shipped)} of the layers does not show`,
        ...(hidden.bytes > 0 ? { tone: 'is-waste' } : {}),
      },
    )
  }
  numbers.push({
    label: 'Repeated',
    value: size(duplicates.repeatedBytes),
    note: `${quantity(duplicates.total, 'content')} more than once`,
  })
  return numbers
}

function repositoryNumbers({ images, layers, stored, objects, hidden }: PageData): BigNumber[] {
  const all = images.reduce((sum, { objectBytes }) => sum + objectBytes, 0)
  const total =
    stored === null
      ? objects.bytes
      : stored.shown.bytes + stored.other.bytes + stored.unreferenced.bytes
  const saved = all - objects.bytes
  return [
    {
      label: 'Images',
      value: count(images.length),
      note: `of ${quantity(layers.length, 'layer')}`,
    },
    {
      label: 'Stored',
      value: size(total),
      note: `${size(objects.bytes)} of it contents of files`,
    },
    {
      label: 'Saved by sharing',
      value: size(saved),
      note: `${percent(saved, all)} of ${size(all)}`,
    },
    {
      label: 'Hidden in layers',
      value: size(hidden.bytes),
      note: 'in layers, shown by no image of them',
      ...(hidden.bytes > 0 ? { tone: 'is-waste' } : {}),
    },
  ]
}

function facts({ subject, images, made }: PageData): HTMLElement {
  const [image] = images
  const items: [string, string][] = []
  if (subject.kind === 'image' && image !== undefined) {
    if (image.platform !== null) items.push(['Platform', image.platform])
    if (image.created !== null) items.push(['Created', image.created.slice(0, 10)])
    if (image.manifestDigest !== null) items.push(['Manifest', image.manifestDigest])
    if (image.imageId !== null) items.push(['Image id', image.imageId])
    if (subject.repository !== undefined) items.push(['Repository', subject.repository])
  }
  items.push(['Objects', `fs-verity ${subject.algorithm}`])
  if (made !== null) items.push(['Report made', `${made.slice(0, 16).replace('T', ' ')} UTC`])
  return element(
    'dl',
    { class: 'facts' },
    ...items.map(([term, value]) =>
      element('div', {}, element('dt', {}, term), element('dd', {}, visibleText(value))),
    ),
  )
}

/** The sign of these reports: three tiles. */
function mark(): HTMLElement {
  const sign = element('span', { class: 'mark', 'aria-hidden': 'true' })
  sign.append(element('i'), element('i'), element('i'))
  return sign
}
