import { visibleText } from '../src/page/visible-text.ts'
import { element } from './dom.ts'

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const
const counts = new Intl.NumberFormat('en')

/** `900 B`, `10.7 KiB`: three digits are enough to compare. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  let value = bytes / 1024
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

/** `12,345`. */
export function count(value: number): string {
  return counts.format(value)
}

/** `1 file`, `2 files`. */
export function quantity(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** `12 %` of a whole; what is not nothing never shows as nothing. */
export function percent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '0 %'
  const value = (part / whole) * 100
  if (value < 0.1) return '< 0.1 %'
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} %`
}

/** A name or path as an element of its own, so that its direction stays inside it. */
export function nameElement(text: string, className?: string): HTMLElement {
  return element('bdi', { class: className }, visibleText(text))
}

/** The first digits of a digest. */
export function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, 12)
}
