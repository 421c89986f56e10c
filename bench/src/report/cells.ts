import { median } from '../measure/statistics.ts'
import { showLimit } from '../rows/limit.ts'
import type { Row } from '../rows/row.ts'
import {
  type Judgement,
  judge,
  mebibytes,
  processorSeconds,
  type RowResult,
  seconds,
} from '../run/result.ts'
import type { Tool } from '../tools.ts'

/** One row of the table, as text. An absent value is empty. */
export interface Cells {
  readonly name: string
  readonly gate: string
  readonly aim: string
  readonly ours: string
  readonly peer: string
  readonly ratio: string
  readonly processorRatio: string
  readonly spread: string
  readonly judgement: Judgement
}

/** What a table shows of a row. */
export function cellsOf(row: Row, result: RowResult, all: readonly RowResult[]): Cells {
  const judgement = judge(row, result, all)
  const value = row.metric === 'time' ? seconds : mebibytes
  const show = row.metric === 'time' ? showSeconds : showMebibytes
  const middle = (tool: Tool, of: typeof value) => {
    const samples = result.sides[tool] ?? []
    return samples.length === 0 ? undefined : median(samples.map(of))
  }
  const share = (tool: Tool, of: typeof value) => {
    const [a, b] = [middle('ours', of), middle(tool, of)]
    return a === undefined || b === undefined || b === 0 ? undefined : (a / b).toFixed(2)
  }
  const rivals = row.rivals.filter(tool => middle(tool, value) !== undefined)
  // The first one is the peer of the whole table, unless it is a node that does nothing.
  const isNamed = (tool: Tool) => tool === 'node' || tool !== row.rivals[0]
  const each = (text: (tool: Tool) => string | undefined, name: (tool: Tool) => string) =>
    rivals.map(tool => (isNamed(tool) ? name(tool) : '') + (text(tool) ?? '')).join(', ')
  const own = middle('ours', value)
  return {
    name: row.name,
    gate: row.gate.map(showLimit).join(', '),
    aim: row.aim.map(showLimit).join(', '),
    ours: own === undefined ? '' : show(own),
    peer: each(
      tool => show(middle(tool, value) ?? 0),
      tool => `${tool} `,
    ),
    ratio: each(
      tool => share(tool, value),
      tool => `${tool} `,
    ),
    processorRatio:
      row.rivals[0] === undefined ? '' : (share(row.rivals[0], processorSeconds) ?? ''),
    spread: judgement.spread === undefined ? '' : `${Math.round(judgement.spread * 100)} %`,
    judgement,
  }
}

/** A time, in the unit that suits it. */
export function showSeconds(value: number): string {
  return value < 0.1995 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`
}

/** An amount of memory. */
export function showMebibytes(value: number): string {
  return `${Math.round(value)} MiB`
}
