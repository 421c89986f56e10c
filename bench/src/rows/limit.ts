import { median } from '../measure/statistics.ts'
import type { Tool } from '../tools.ts'

/** What a measurement may be at most. */
export type Limit =
  /** Our time, as a share of that of another tool. */
  | { readonly kind: 'ratio'; readonly to: Tool; readonly most: number }
  | { readonly kind: 'milliseconds'; readonly most: number }
  /** Our time, less that of another tool. */
  | { readonly kind: 'milliseconds-over'; readonly over: Tool; readonly most: number }
  /** Our peak of memory. */
  | { readonly kind: 'mebibytes'; readonly most: number }
  /** Our peak of memory, less that of another row. */
  | { readonly kind: 'mebibytes-over'; readonly over: string; readonly most: number }

export const ratio = (most: number, to: Tool = 'cfsctl'): Limit => ({ kind: 'ratio', to, most })
export const milliseconds = (most: number): Limit => ({ kind: 'milliseconds', most })
export const millisecondsOver = (over: Tool, most: number): Limit => ({
  kind: 'milliseconds-over',
  over,
  most,
})
export const mebibytes = (most: number): Limit => ({ kind: 'mebibytes', most })
export const mebibytesOver = (over: string, most: number): Limit => ({
  kind: 'mebibytes-over',
  over,
  most,
})

/** The samples that a limit looks at. */
export interface Measured {
  /** Seconds of each run of a tool. */
  seconds(tool: Tool): readonly number[] | undefined
  /** MiB of each of our runs of this row or another one. */
  mebibytes(row?: string): readonly number[] | undefined
}

/** What the limit compares with its `most`; undefined when a side of the comparison is missing. */
export function measure(limit: Limit, measured: Measured): number | undefined {
  const own = middle(
    limit.kind.startsWith('mebibytes') ? measured.mebibytes() : measured.seconds('ours'),
  )
  if (own === undefined) return undefined
  switch (limit.kind) {
    case 'ratio':
      return combine(own, middle(measured.seconds(limit.to)), (a, b) => a / b)
    case 'milliseconds':
      return own * 1000
    case 'milliseconds-over':
      return combine(own, middle(measured.seconds(limit.over)), (a, b) => (a - b) * 1000)
    case 'mebibytes':
      return own
    case 'mebibytes-over':
      return combine(own, middle(measured.mebibytes(limit.over)), (a, b) => a - b)
  }
}

/** A limit as a table shows it. */
export function showLimit(limit: Limit): string {
  switch (limit.kind) {
    case 'ratio':
      return limit.to === 'cfsctl' || limit.to === 'mkcomposefs'
        ? limit.most.toFixed(2)
        : `${limit.most.toFixed(2)} of ${limit.to}`
    case 'milliseconds':
      return `${limit.most} ms`
    case 'milliseconds-over':
      return `${limit.over} + ${limit.most} ms`
    case 'mebibytes':
      return `${limit.most} MiB`
    case 'mebibytes-over':
      return `+ ${limit.most} MiB`
  }
}

function middle(values: readonly number[] | undefined): number | undefined {
  return values === undefined || values.length === 0 ? undefined : median(values)
}

function combine(
  a: number,
  b: number | undefined,
  how: (a: number, b: number) => number,
): number | undefined {
  return b === undefined ? undefined : how(a, b)
}
