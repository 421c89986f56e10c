import type { PackedView } from '../src/page/page-data.ts'
import { visibleText } from '../src/page/visible-text.ts'
import { contentsTable } from './contents-table.ts'
import { element, section } from './dom.ts'
import { count, nameElement, percent, quantity, size } from './text.ts'
import { Treemap } from './treemap.ts'
import { ViewTree } from './view-tree.ts'

const VIEW_LABELS: Readonly<Record<PackedView['kind'], string>> = {
  directory: 'By directory',
  layer: 'By layer',
  sharing: 'By sharing',
}

/** A directory with no more than this leaves room for files further below. */
const SHORT_LIST = 10
const BELOW_MAX = 12

/** Matches that are shown. */
const MATCHES_MAX = 200

/** What the views of a report are made of, in words. */
export type ViewNotes = Readonly<Record<PackedView['kind'], string>>

/** The map with its table, its breadcrumb and its search. */
export class Explorer {
  readonly element: HTMLElement
  readonly #trees: readonly ViewTree[]
  readonly #notes: ViewNotes
  readonly #map: Treemap
  readonly #breadcrumb = element('ol')
  readonly #panel = element('div', { class: 'panel', tabindex: 0, role: 'region' })
  readonly #note = element('p', { class: 'quiet view-note' })
  readonly #status = element('p', { class: 'only-heard', role: 'status' })
  readonly #search = element('input', {
    type: 'search',
    'aria-label': 'Find files and directories',
    placeholder: 'Find by name…',
    autocomplete: 'off',
    spellcheck: 'false',
  })
  #tree: ViewTree
  #node = 0

  constructor(views: readonly PackedView[], notes: ViewNotes) {
    this.#notes = notes
    this.#trees = views.map(view => new ViewTree(view))
    this.#tree = this.#trees[0] as ViewTree // every report has the view by directory
    this.#map = new Treemap({
      onOpen: node => this.#open(node, 'map'),
      onUp: () => this.#up(),
    })
    this.#search.addEventListener('input', () => this.#find())
    this.element = section(
      'contents',
      'What is in it',
      undefined,
      element(
        'div',
        { class: 'toolbar' },
        this.#viewSwitch(),
        element('div', { class: 'search' }, this.#search),
      ),
      element('nav', { class: 'breadcrumb', 'aria-label': 'Path' }, this.#breadcrumb),
      element('div', { class: 'explorer' }, this.#map.element, this.#panel),
      this.#note,
      this.#status,
    )
  }

  /** Draws for the first time, once it is on the page and has its size. */
  start(): void {
    this.#show()
    new ResizeObserver(() => this.#map.fit()).observe(this.#map.element)
  }

  #viewSwitch(): HTMLElement {
    const choices = this.#trees.map((tree, i) => {
      const input = element('input', { type: 'radio', name: 'view', value: i, checked: i === 0 })
      input.addEventListener('change', () => {
        this.#tree = tree
        this.#node = 0
        this.#search.value = ''
        this.#show()
        this.#say(`${VIEW_LABELS[tree.view.kind]}: ${this.#summary()}`)
      })
      return element('label', {}, input, element('span', {}, VIEW_LABELS[tree.view.kind]))
    })
    return element(
      'fieldset',
      { class: 'segments' },
      element('legend', { class: 'only-heard' }, 'View'),
      ...choices,
    )
  }

  /** Looks at a node; the focus goes where it came from. */
  #open(node: number, from: 'map' | 'table' | 'path' | 'search'): void {
    const hadFocus = this.#map.element.contains(document.activeElement)
    this.#node = node
    this.#show()
    this.#say(this.#summary())
    if (from === 'map' && hadFocus) this.#map.focus()
    if (from === 'table') this.#panel.focus()
    if (from === 'path') this.#breadcrumb.querySelector<HTMLElement>('[aria-current]')?.focus()
  }

  #up(): void {
    if (this.#node !== 0) this.#open(this.#tree.parent(this.#node), 'map')
  }

  #show(): void {
    const tree = this.#tree
    const way = tree.way(this.#node)
    this.#breadcrumb.replaceChildren(...way.map(node => this.#crumb(node)))
    this.#map.show(tree, this.#node)
    this.#showContents()
    const { omitted, kind } = tree.view
    const rest =
      omitted > 0
        ? ` The ${count(tree.size - 1)} largest entries are listed; ${count(omitted)} smaller ones are put together.`
        : ''
    this.#note.textContent = `${this.#notes[kind]}${rest}`
  }

  #showContents(): void {
    this.#panel.setAttribute('aria-label', 'Contents')
    this.#panel.scrollTop = 0
    const tree = this.#tree
    const table = contentsTable(tree, this.#node, node => this.#open(node, 'table'))
    this.#panel.replaceChildren(table)
    if (tree.children(this.#node).length > SHORT_LIST) return
    const files = tree.largestFiles(this.#node, BELOW_MAX)
    const areBelow = files.some(file => tree.parent(file) !== this.#node)
    if (!areBelow) return
    this.#panel.append(
      element('h3', { class: 'below' }, 'Largest files below'),
      element('ul', { class: 'matches' }, ...files.map(file => this.#match(file))),
    )
  }

  #crumb(node: number): HTMLElement {
    const name = node === 0 ? 'All' : visibleText(this.#tree.name(node))
    const isCurrent = node === this.#node
    const button = element(
      'button',
      { type: 'button', class: 'link', 'aria-current': isCurrent && 'location' },
      element('bdi', {}, name),
    )
    button.addEventListener('click', () => this.#open(node, 'path'))
    return element('li', {}, button)
  }

  #find(): void {
    const needle = this.#search.value.trim().toLowerCase()
    if (needle === '') {
      this.#showContents()
      return
    }
    const tree = this.#tree
    const found: number[] = []
    for (let node = 1; node < tree.size; node++) {
      if (visibleText(tree.name(node)).toLowerCase().includes(needle)) found.push(node)
    }
    found.sort((a, b) => tree.bytes(b) - tree.bytes(a))
    const matches = `${quantity(found.length, 'match', 'matches')}`
    this.#panel.setAttribute('aria-label', 'Matches')
    this.#panel.replaceChildren(
      element('p', { class: 'panel-head' }, matches),
      element('ul', { class: 'matches' }, ...found.slice(0, MATCHES_MAX).map(n => this.#match(n))),
    )
    this.#say(matches)
  }

  #match(node: number): HTMLElement {
    const tree = this.#tree
    const path = tree.path(node)
    const button = element(
      'button',
      { type: 'button', class: 'link' },
      nameElement(tree.isFile(node) ? path : `${path}/`),
    )
    button.addEventListener('click', () => {
      this.#search.value = ''
      this.#open(tree.isFile(node) ? tree.parent(node) : node, 'search')
      this.#panel.focus()
    })
    return element('li', {}, button, element('span', { class: 'number' }, size(tree.bytes(node))))
  }

  #summary(): string {
    const tree = this.#tree
    const bytes = tree.bytes(this.#node)
    const entries = quantity(tree.children(this.#node).length, 'entry', 'entries')
    const path = visibleText(tree.path(this.#node))
    return `${path}: ${size(bytes)}, ${percent(bytes, tree.bytes(0))} of all, ${entries}`
  }

  #say(text: string): void {
    this.#status.textContent = text
  }
}
