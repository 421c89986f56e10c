import { element } from './dom.ts'
import { percent, size } from './text.ts'

/** One part of a bar. */
export interface BarPart {
  readonly label: string
  readonly bytes: number
  /** Names its colour. */
  readonly tone: 'own' | 'shared' | 'other' | 'waste' | 'plain'
}

/** A bar of parts that are all of something, with a legend that says the same in words. */
export function stackedBar(parts: readonly BarPart[]): HTMLElement {
  const whole = parts.reduce((sum, { bytes }) => sum + bytes, 0)
  const items = parts.map(({ label, bytes, tone }) =>
    element(
      'li',
      {},
      element('span', { class: `swatch tone-${tone}`, 'aria-hidden': 'true' }),
      element('span', {}, label),
      element('strong', {}, size(bytes)),
      element('span', { class: 'quiet' }, percent(bytes, whole)),
    ),
  )
  return element(
    'div',
    { class: 'stacked' },
    barOnly(parts, whole),
    element('ul', { class: 'legend' }, ...items),
  )
}

/** The bar alone, as long as its parts are of `whole`: for tables, whose numbers say the same. */
export function barOnly(parts: readonly BarPart[], whole: number): HTMLElement {
  const bar = element('div', { class: 'stack', 'aria-hidden': 'true' })
  for (const { bytes, tone } of parts) {
    if (bytes <= 0) continue
    const part = element('span', { class: `tone-${tone}` })
    part.style.width = `${(bytes / Math.max(1, whole)) * 100}%`
    bar.append(part)
  }
  return bar
}
