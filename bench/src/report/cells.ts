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
  const [peerTool] = row.rivals
  const ours = result.sides.ours ?? []
  const peer = (peerTool && result.sides[peerTool]) ?? []
  const judgement = judge(row, result, all)
  const value = row.metric === 'time' ? seconds : mebibytes
  const show = row.metric === 'time' ? showSeconds : showMebibytes
  const middle = (samples: typeof ours, of: typeof value) =>
    samples.length === 0 ? undefined : median(samples.map(of))
  const share = (of: typeof value) => {
    const [a, b] = [middle(ours, of), middle(peer, of)]
    return a === undefined || b === undefined || b === 0 ? '' : (a / b).toFixed(2)
  }
  return {
    name: row.name,
    gate: row.gate.map(showLimit).join(', '),
    aim: row.aim.map(showLimit).join(', '),
    ours: showMaybe(middle(ours, value), show),
    peer: withOthers(row, result, showMaybe(middle(peer, value), show), peerTool),
    ratio: withOtherRatios(row, result, share(value)),
    processorRatio: share(processorSeconds),
    spread: showMaybe(judgement.spread, share => `${Math.round(share * 100)} %`),
    judgement,
  }
}

/** Times of the other rivals, by name. */
function withOthers(
  row: Row,
  result: RowResult,
  first: string,
  firstTool: Tool | undefined,
): string {
  const named = firstTool === 'node' && first !== '' ? `node ${first}` : first
  const others = row.rivals.slice(1).flatMap(tool => {
    const samples = result.sides[tool]
    return samples?.length ? [`${tool} ${showSeconds(median(samples.map(seconds)))}`] : []
  })
  return [named, ...others].filter(text => text !== '').join(', ')
}

function withOtherRatios(row: Row, result: RowResult, first: string): string {
  const ours = result.sides.ours ?? []
  const others = row.rivals.slice(1).flatMap(tool => {
    const samples = result.sides[tool]
    if (!samples?.length || ours.length === 0) return []
    return [`${(median(ours.map(seconds)) / median(samples.map(seconds))).toFixed(2)} of ${tool}`]
  })
  return [first, ...others].filter(text => text !== '').join(', ')
}

function showMaybe(value: number | undefined, show: (value: number) => string): string {
  return value === undefined ? '' : show(value)
}

function showSeconds(value: number): string {
  return value < 0.1995 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`
}

function showMebibytes(value: number): string {
  return `${Math.round(value)} MiB`
}
