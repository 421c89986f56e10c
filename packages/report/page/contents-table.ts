import { element } from './dom.ts'
import { count, nameElement, percent, quantity, size } from './text.ts'
import type { ViewTree } from './view-tree.ts'

/** Rows that are shown at once. */
const ROWS_MAX = 250

/** The table of what is in a node: the map in words. */
export function contentsTable(
  tree: ViewTree,
  node: number,
  onOpen: (node: number) => void,
): HTMLElement {
  const children = tree.children(node)
  const whole = tree.bytes(node)
  const largest = Math.max(1, ...children.slice(0, 1).map(child => tree.bytes(child)))
  const rows = children.slice(0, ROWS_MAX).map(child =>
    row({
      name: nameCell(tree, child, onOpen),
      bytes: tree.bytes(child),
      hidden: tree.hidden(child),
      files: tree.files(child),
      whole,
      largest,
    }),
  )
  const rest = tree.rest(node)
  const left = children.slice(ROWS_MAX)
  const files = rest.files + left.reduce((sum, child) => sum + tree.files(child), 0)
  const bytes = rest.bytes + left.reduce((sum, child) => sum + tree.bytes(child), 0)
  if (files > 0) {
    const name = element('span', { class: 'quiet' }, quantity(files, 'smaller file'))
    rows.push(row({ name, bytes, hidden: 0, files, whole, largest }))
  }
  return element(
    'table',
    { class: 'contents' },
    element('caption', {}, 'In ', nameElement(tree.path(node)), ` · ${size(whole)}`),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        element('th', { scope: 'col' }, 'Name'),
        element('th', { scope: 'col', class: 'number' }, 'Size'),
        element('th', { scope: 'col', class: 'number' }, 'Share'),
        element('th', { scope: 'col', class: 'number' }, 'Files'),
      ),
    ),
    element('tbody', {}, ...rows),
  )
}

function nameCell(tree: ViewTree, node: number, onOpen: (node: number) => void): HTMLElement {
  const name = tree.name(node)
  if (tree.isFile(node)) return nameElement(name, 'file')
  const button = element(
    'button',
    { type: 'button', class: 'link', 'data-node': node },
    nameElement(tree.isGroup(node) ? name : `${name}/`),
  )
  button.addEventListener('click', () => onOpen(node))
  return button
}

interface RowParts {
  readonly name: HTMLElement
  readonly bytes: number
  readonly hidden: number
  readonly files: number
  readonly whole: number
  readonly largest: number
}

function row({ name, bytes, hidden, files, whole, largest }: RowParts): HTMLElement {
  const bar = element('span', { class: 'bar', 'aria-hidden': 'true' })
  const fill = element('span', { class: 'bar-fill' })
  fill.style.width = `${(bytes / largest) * 100}%`
  bar.append(fill)
  const note =
    hidden > 0 && element('span', { class: 'note' }, `${size(hidden)} do not show in the image`)
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, name, note, bar),
    element('td', { class: 'number' }, size(bytes)),
    element('td', { class: 'number' }, percent(bytes, whole)),
    element('td', { class: 'number' }, count(files)),
  )
}
