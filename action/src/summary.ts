import { shownText } from './shown-text.ts'

/** A row of the table; the value is shown as code, unless it is a plain remark. */
export interface SummaryRow {
  readonly name: string
  readonly value: string
  readonly remark?: string
}

/** The table of a run, for the summary of the job. */
export function summaryTable(image: string, rows: readonly SummaryRow[]): string {
  const lines = rows.map(({ name, value, remark }) => {
    const cells = [value === '' ? '' : code(value), remark === undefined ? '' : text(remark)]
    return `| ${text(name)} | ${cells.filter(cell => cell !== '').join(' ')} |`
  })
  return [heading(image), '', '| | |', '| --- | --- |', ...lines, ''].join('\n')
}

/** What stands in the summary of a run that failed. */
export function summaryFailure(image: string, message: string, hints: readonly string[]): string {
  const list = hints.map(hint => `- ${text(hint)}`)
  return [heading(image), '', `❌ ${text(message)}`, '', ...list, ''].join('\n')
}

function heading(image: string): string {
  return `### composefs: ${image === '' ? 'no image' : code(image)}`
}

/** Code by HTML: names of images may have any character in them, and back quotes cannot be escaped in Markdown. */
function code(value: string): string {
  return `<code>${text(value)}</code>`
}

/** Text that neither Markdown nor HTML finds anything in. */
function text(value: string): string {
  return shownText(value.replace(/\s+/g, ' '))
    .replaceAll('&', '&amp;')
    .replace(/[<>"'`*_~|\\[\]#!$]/g, character => `&#${character.charCodeAt(0)};`)
}
