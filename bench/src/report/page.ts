import type { Environment } from '../environment.ts'
import { groupRows } from '../rows/groups.ts'
import { ROWS } from '../rows/table.ts'
import type { RowResult } from '../run/result.ts'
import { type Cells, cellsOf } from './cells.ts'
import { renderLosses } from './losses.ts'
import type { Report } from './report.ts'
import { CONDITIONS, HOW_TO_RUN, INTRODUCTION, LEGEND } from './words.ts'

/** The page of a report, as Markdown. */
export function renderPage(report: Report): string {
  const { environment, results } = report
  const measured = ROWS.filter(row => results.some(result => result.row === row.name))
  const tables = groupRows(measured).map(({ title, rows }) => {
    const lines = rows.flatMap(row => {
      const result = results.find(({ row: name }) => name === row.name)
      return result === undefined ? [] : [tableLine(cellsOf(row, result, results), result)]
    })
    return [`### ${title}`, '', ...TABLE_HEAD, ...lines].join('\n')
  })
  return `${[
    INTRODUCTION,
    renderEnvironment(environment),
    '## Results',
    LEGEND,
    ...tables,
    renderLosses(measured, results),
    CONDITIONS,
    HOW_TO_RUN,
  ].join('\n\n')}\n`
}

const TABLE_HEAD = [
  '| | gate | aim | ours | peer | ratio | processor | spread | |',
  '|---|---|---|---:|---:|---:|---:|---:|---|',
]

function tableLine(cells: Cells, result: RowResult): string {
  const { name, gate, aim, ours, peer, ratio, processorRatio, spread } = cells
  const columns = [name, gate, aim, ours, peer, ratio, processorRatio, spread]
  return `| ${[...columns, showVerdict(cells, result)].join(' | ')} |`
}

function showVerdict({ judgement: { gate, aim } }: Cells, { skipped }: RowResult): string {
  if (skipped !== undefined) return `skipped: ${skipped}`
  if (gate === 'open') return ''
  if (gate !== 'met') return `**${gate}**`
  return aim === 'met' ? 'aim met' : 'gate met'
}

const ROOTS = {
  synthetic: 'made up: 9,000 entries, 177 MB, sizes as in Debian’s smallest',
  given: 'a real one',
} as const

function renderEnvironment(environment: Environment): string {
  const { versions, processor, processors, architecture, fileSystems } = environment
  const peers = (['cfsctl', 'mkcomposefs', 'skopeo'] as const).flatMap(tool => {
    const version = versions[tool]
    return version === undefined ? [] : [[tool === 'cfsctl' ? 'peer' : tool, version]]
  })
  const facts = [
    ['date', environment.date],
    ['processors', `${processors} × ${processor}, ${architecture}`],
    ['memory', `${environment.memory} GiB`],
    ['kernel', environment.kernel],
    ['file systems', `${fileSystems.tmpfs}; ${fileSystems.disk} where a row says disk`],
    ['root file system', ROOTS[environment.rootFileSystem]],
    ['node', versions.node ?? ''],
    ['ours', versions.ours ?? ''],
    ...peers,
  ]
  return [
    '## Where it was measured',
    '',
    '| | |',
    '|---|---|',
    ...facts.map(fact => `| ${fact.join(' | ')} |`),
  ].join('\n')
}
