import type { ProgressUnit } from '@composefs/oci'
import { printable } from './printable.ts'

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `412 / 930 MiB`, with another word between them: two sizes in the unit of the larger one. */
export function sizeOfTotal(part: number, total: number, between = '/'): string {
  const unit = unitOf(Math.max(part, total))
  return `${inUnit(part, unit)} ${between} ${inUnit(total, unit)} ${UNITS[unit]}`
}

/** `930 MiB`, `2.6 KiB`: what a glance takes in. */
export function roundSize(bytes: number): string {
  const unit = unitOf(bytes)
  return `${inUnit(bytes, unit)} ${UNITS[unit]}`
}

/** `930 MiB`, or of what is counted `31,204`. */
export function roundAmount(amount: number, unit: ProgressUnit): string {
  return unit === 'bytes' ? roundSize(amount) : groupDigits(amount)
}

/** `31,204`. The first use of a locale takes as long as a collection of garbage. */
export function groupDigits(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `412 / 930 MiB`, or of what is counted `412 / 31,204`, with another word between them. */
export function amountOfTotal(
  part: number,
  total: number,
  { unit, between = '/' }: { readonly unit: ProgressUnit; readonly between?: string },
): string {
  if (unit === 'bytes') return sizeOfTotal(part, total, between)
  return `${roundAmount(part, unit)} ${between} ${roundAmount(total, unit)}`
}

/** The unit in which a size has at most four digits before the point. */
function unitOf(bytes: number): number {
  let unit = 0
  for (let rest = bytes; rest >= 1024 && unit < UNITS.length - 1; rest /= 1024) unit += 1
  return unit
}

function inUnit(bytes: number, unit: number): string {
  const value = bytes / 1024 ** unit
  // 9.96 would be 10.0.
  return unit === 0 || value === 0 || value >= 9.95 ? value.toFixed(0) : value.toFixed(1)
}

/** `4 s`, `2 min`, `1 h 5 min`. */
export function roundDuration(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  if (seconds < 100) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** The first 12 digits of a digest. */
export function shortId(id: string): string {
  return printable(id.slice(id.indexOf(':') + 1).slice(0, 12))
}

/** How `VERB SUBJECT` is called while it goes on: `Pulling SUBJECT`. */
export function titleInProgress(title: string): string {
  const [verb = '', ...rest] = title.split(' ')
  return [DOING[verb] ?? verb, ...rest].join(' ')
}

/** Why a layer is skipped, by `VERB SUBJECT`. */
export function skippedText(title: string): string {
  return /^(?:push|export) /.test(title) ? 'already there' : 'already here'
}

const DOING: Readonly<Record<string, string>> = {
  pull: 'Pulling',
  push: 'Pushing',
  copy: 'Copying',
  export: 'Exporting',
  digests: 'Reading',
  fsck: 'Checking',
  gc: 'Cleaning',
}
