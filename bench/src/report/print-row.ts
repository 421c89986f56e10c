import type { RowResult } from '../run/result.ts'
import type { Cells } from './cells.ts'

const NAME_WIDTH = 42

/** The line of a row on the terminal, and below it what is wrong. */
export function printRow(cells: Cells, result: RowResult): string {
  const { gate, aim } = cells.judgement
  if (result.skipped !== undefined)
    return `${cells.name.padEnd(NAME_WIDTH)} skipped: ${result.skipped}`
  const line = [
    cells.name.padEnd(NAME_WIDTH),
    cells.ours.padStart(8),
    cells.peer.padStart(8),
    cells.ratio && `ratio ${cells.ratio}`,
    cells.processorRatio && `(processor ${cells.processorRatio})`,
    cells.spread && `spread ${cells.spread}`,
    `gate ${cells.gate}: ${gate}`,
    `aim ${cells.aim}: ${aim}`,
  ]
  const problems = (result.problems ?? []).map(problem => `    ${problem}`)
  return [line.filter(text => text !== '').join('  '), ...problems].join('\n')
}
