import { visibleText } from '../src/page/visible-text.ts'
import { element } from './dom.ts'
import { count, percent, quantity, size } from './text.ts'
import { type Cell, HEAD, layOut, REST } from './treemap-layout.ts'
import type { ViewTree } from './view-tree.ts'

/** A name needs this much room, in pixels. */
const LABEL_WIDTH_MIN = 34
const LABEL_HEIGHT_MIN = 16
const SIZE_HEIGHT_MIN = 36
const SIZE_WIDTH_MIN = 66

/** What the map tells of what somebody does. */
export interface TreemapEvents {
  /** Look at a directory. */
  onOpen(node: number): void
  /** Go to what the current directory is in. */
  onUp(): void
}

/**
 * The map of a directory. Cells of its first level are buttons, of which one at a time is in the order of tabs; arrows
 * go from one to the next. What is in them is for the eye and the mouse: the table beside the map tells it too.
 */
export class Treemap {
  readonly element: HTMLElement
  readonly #tip: HTMLElement
  readonly #events: TreemapEvents
  #tree: ViewTree | undefined
  #node = 0
  #width = 0
  #height = 0
  #cells: Cell[] = []
  #buttons: { readonly cell: Cell; readonly button: HTMLButtonElement }[] = []

  constructor(events: TreemapEvents) {
    this.#events = events
    this.element = element('div', { class: 'treemap', role: 'group' })
    this.#tip = element('div', { class: 'tip', 'aria-hidden': 'true', hidden: true })
    document.body.append(this.#tip)
    this.element.addEventListener('click', event => this.#click(event))
    this.element.addEventListener('keydown', event => this.#key(event))
    this.element.addEventListener('pointermove', event => this.#point(event))
    this.element.addEventListener('pointerleave', () => this.#hideTip())
    this.element.addEventListener('focusin', event => this.#focus(event))
    this.element.addEventListener('focusout', () => this.#hideTip())
  }

  /** Shows what is in a node. */
  show(tree: ViewTree, node: number): void {
    this.#tree = tree
    this.#node = node
    this.#draw()
  }

  /** Draws it again when its room is no longer that in which it was drawn. */
  fit(): void {
    const { clientWidth, clientHeight } = this.element
    if (clientWidth !== this.#width || clientHeight !== this.#height) this.#draw()
  }

  #draw(): void {
    const tree = this.#tree
    if (tree === undefined) return
    const { clientWidth, clientHeight } = this.element
    this.#width = clientWidth
    this.#height = clientHeight
    this.#cells = layOut(tree, this.#node, clientWidth, clientHeight)
    this.#buttons = []
    this.#hideTip()
    this.element.setAttribute(
      'aria-label',
      `Map of ${visibleText(tree.path(this.#node))}. Arrow keys move, Enter opens, Escape goes up. The table beside it has the same content.`,
    )
    const drawn = this.#cells.map((cell, index) => this.#cellElement(tree, cell, index))
    this.element.replaceChildren(...drawn)
    if (drawn.length === 0) this.element.append(element('p', { class: 'empty' }, 'No content'))
  }

  /** Moves the focus into the map. */
  focus(): void {
    this.#buttons[0]?.button.focus()
  }

  #cellElement(tree: ViewTree, cell: Cell, index: number): HTMLElement {
    const isTop = cell.depth === 1
    const made: HTMLElement = isTop
      ? element('button', { type: 'button', tabindex: this.#buttons.length === 0 ? 0 : -1 })
      : element('div', { 'aria-hidden': 'true' })
    made.className = classesOf(tree, cell)
    made.dataset.index = String(index)
    if (cell.hue !== undefined) made.dataset.hue = String(cell.hue)
    const { style } = made
    style.left = `${cell.x}px`
    style.top = `${cell.y}px`
    style.width = `${cell.width}px`
    style.height = `${cell.height}px`
    if (isTop) {
      made.setAttribute('aria-label', this.#spoken(tree, cell))
      this.#buttons.push({ cell, button: made as HTMLButtonElement })
    }
    if (cell.width >= LABEL_WIDTH_MIN && cell.height >= LABEL_HEIGHT_MIN) {
      made.append(element('bdi', { class: 'cell-name' }, cellName(tree, cell)))
      const hasRoom = cell.isOpen
        ? cell.width >= 2 * SIZE_WIDTH_MIN
        : cell.height >= SIZE_HEIGHT_MIN && cell.width >= SIZE_WIDTH_MIN
      if (hasRoom) {
        made.append(' ', element('span', { class: 'cell-size' }, size(cellBytes(tree, cell))))
      }
    }
    return made
  }

  #spoken(tree: ViewTree, cell: Cell): string {
    const bytes = cellBytes(tree, cell)
    const share = percent(bytes, tree.bytes(this.#node))
    // Begins as the cell reads, so that who speaks to the browser can say what they see.
    return `${cellName(tree, cell)} ${size(bytes)}, ${share}, ${what(tree, cell)}`
  }

  #click(event: MouseEvent): void {
    const cell = this.#cellOf(event.target)
    if (cell !== undefined) this.#open(cell)
  }

  /** Directories open; of a file the directory that it is in, unless that is looked at already. */
  #open({ node, parent }: Cell): void {
    const tree = this.#tree as ViewTree // there are no cells without
    const isDirectory = node !== REST && !tree.isFile(node)
    const target = isDirectory ? node : parent
    if (target !== this.#node) this.#events.onOpen(target)
  }

  #key(event: KeyboardEvent): void {
    const index = this.#buttons.findIndex(({ button }) => button === event.target)
    const current = this.#buttons[index]
    if (event.key === 'Escape' || event.key === 'Backspace') {
      event.preventDefault()
      this.#events.onUp()
      return
    }
    if (current === undefined) return
    const next = this.#neighbour(current.cell, event.key)
    if (next === undefined) return
    event.preventDefault()
    current.button.tabIndex = -1
    next.tabIndex = 0
    next.focus()
  }

  /** The button that a key leads to from a cell. */
  #neighbour(from: Cell, key: string): HTMLButtonElement | undefined {
    if (key === 'Home') return this.#buttons[0]?.button
    if (key === 'End') return this.#buttons.at(-1)?.button
    const direction = DIRECTIONS[key]
    if (direction === undefined) return undefined
    let best: HTMLButtonElement | undefined
    let bestCost = Number.POSITIVE_INFINITY
    for (const { cell, button } of this.#buttons) {
      const cost = cell === from ? undefined : direction(from, cell)
      if (cost === undefined || cost >= bestCost) continue
      best = button
      bestCost = cost
    }
    return best
  }

  #point(event: PointerEvent): void {
    const cell = this.#cellOf(event.target)
    if (cell === undefined) this.#hideTip()
    else this.#showTip(cell, event.clientX, event.clientY)
  }

  #focus(event: FocusEvent): void {
    const { target } = event
    const cell = this.#cellOf(target)
    if (cell === undefined || !(target instanceof HTMLElement)) return
    for (const { button } of this.#buttons) button.tabIndex = button === target ? 0 : -1
    if (!target.matches(':focus-visible')) return
    const box = target.getBoundingClientRect()
    this.#showTip(cell, box.left + Math.min(box.width / 2, 120), box.top + HEAD)
  }

  #showTip(cell: Cell, x: number, y: number): void {
    const tree = this.#tree as ViewTree // there are no cells without
    const bytes = cellBytes(tree, cell)
    const path = visibleText(
      cell.node === REST ? `${tree.path(cell.parent)}` : tree.path(cell.node),
    )
    const hidden = cell.node === REST ? 0 : tree.hidden(cell.node)
    this.#tip.replaceChildren(
      element('bdi', { class: 'tip-path' }, path),
      element('span', {}, `${size(bytes)} · ${percent(bytes, tree.bytes(0))} of all`),
      element('span', {}, what(tree, cell)),
    )
    if (hidden > 0)
      this.#tip.append(element('span', {}, `${size(hidden)} do not show in the image`))
    this.#tip.hidden = false
    const { width, height } = this.#tip.getBoundingClientRect()
    const left = x + 14 + width > window.innerWidth ? x - width - 10 : x + 14
    const top = y + 16 + height > window.innerHeight ? y - height - 10 : y + 16
    this.#tip.style.left = `${Math.max(4, left)}px`
    this.#tip.style.top = `${Math.max(4, top)}px`
  }

  #hideTip(): void {
    this.#tip.hidden = true
  }

  #cellOf(target: EventTarget | null): Cell | undefined {
    const index = target instanceof Element ? target.closest('[data-index]') : null
    return index instanceof HTMLElement ? this.#cells[Number(index.dataset.index)] : undefined
  }
}

function classesOf(tree: ViewTree, cell: Cell): string {
  const classes = ['cell']
  if (cell.isOpen) classes.push('is-open')
  if (cell.node === REST) classes.push('is-rest')
  else if (!tree.isFile(cell.node)) classes.push('is-directory')
  if (cell.node !== REST && tree.hidden(cell.node) === tree.bytes(cell.node)) {
    classes.push('is-hidden')
  }
  classes.push(`depth-${Math.min(cell.depth, 4)}`)
  return classes.join(' ')
}

function cellName(tree: ViewTree, { node, parent }: Cell): string {
  if (node !== REST) return visibleText(tree.name(node))
  return quantity(tree.rest(parent).files, 'smaller file')
}

function cellBytes(tree: ViewTree, { node, parent }: Cell): number {
  return node === REST ? tree.rest(parent).bytes : tree.bytes(node)
}

function what(tree: ViewTree, { node }: Cell): string {
  if (node === REST) return 'files put together'
  if (tree.isFile(node)) return 'file'
  const files = `${count(tree.files(node))} ${tree.files(node) === 1 ? 'file' : 'files'}`
  return tree.isGroup(node) ? files : `directory, ${files}`
}

/** What it costs to go from one cell to another in a direction; undefined when it does not lie there. */
const DIRECTIONS: Readonly<Record<string, (from: Cell, to: Cell) => number | undefined>> = {
  ArrowRight: (from, to) => cost(to.x - (from.x + from.width), from.y, to.y, to.height),
  ArrowLeft: (from, to) => cost(from.x - (to.x + to.width), from.y, to.y, to.height),
  ArrowDown: (from, to) => cost(to.y - (from.y + from.height), from.x, to.x, to.width),
  ArrowUp: (from, to) => cost(from.y - (to.y + to.height), from.x, to.x, to.width),
}

function cost(gap: number, at: number, start: number, length: number): number | undefined {
  if (gap < -1) return undefined
  const aside = at < start ? start - at : at > start + length ? at - start - length : 0
  return gap + 4 * aside
}
