import type { Block, Page, Section, Span, Text } from './page.ts'

/** A page as a part of a Markdown document: a heading of its own, and one below it for each section. */
export function pageMarkdown(page: Page, omit: ReadonlySet<string> = new Set()): string {
  const parts = [
    `## ${page.name === 'cfsctl' ? page.name : headingOf(page)}`,
    ...page.sections.filter(({ title }) => !omit.has(title)).flatMap(sectionParts),
  ]
  return `${parts.join('\n\n')}\n`
}

/** The command line is a better heading than the name of the page. */
function headingOf({ name, sections }: Page): string {
  const [first, second] = sections.find(({ title }) => title === 'Synopsis')?.blocks ?? []
  const span = first?.kind === 'paragraph' && second === undefined ? first.text[0] : undefined
  return span === undefined ? name : span.text
}

function sectionParts({ title, blocks }: Section): string[] {
  // What a page begins with needs no heading here: the synopsis stands in a block of code, the description behind it.
  if (title === 'Synopsis') return [fenced(blocks.map(synopsisLine))]
  if (title === 'Description') return blocks.map(block => blockMarkdown(block, title))
  return [`**${title}**`, ...blocks.map(block => blockMarkdown(block, title))]
}

function blockMarkdown(block: Block, title: string): string {
  switch (block.kind) {
    case 'heading':
      return `### ${escapeMarkdown(block.title)}`
    case 'paragraph':
      return markdownOf(block.text)
    case 'code':
      return fenced(block.lines)
    case 'list': {
      const rows = block.items.map(
        ({ term, meaning }) => `| ${cell(markdownOf(term))} | ${cell(markdownOf(meaning))} |`,
      )
      return [`| ${COLUMNS[title] ?? ''} | |`, '|---|---|', ...rows].join('\n')
    }
  }
}

/** What stands in the first column of the list of a section. */
const COLUMNS: Readonly<Record<string, string>> = {
  Arguments: 'Argument',
  Options: 'Option',
  'Global options': 'Option',
  Output: 'Field',
  'Exit status': 'Status',
  Environment: 'Variable',
  Commands: 'Command',
  Files: 'File',
  Fields: 'Field',
}

function fenced(lines: readonly string[]): string {
  return ['```sh', ...lines, '```'].join('\n')
}

function synopsisLine(block: Block): string {
  return block.kind === 'paragraph' ? block.text.map(({ text }) => text).join('') : ''
}

function markdownOf(text: Text): string {
  return text.map(spanMarkdown).join('')
}

function spanMarkdown({ kind, text }: Span): string {
  switch (kind) {
    case 'plain':
      return escapeMarkdown(text)
    case 'code':
      return `\`${text}\``
    case 'page':
      return `[${text}](${targetOf(text.replace(/\(.*/, ''))})`
    case 'variable':
      return `*${escapeMarkdown(text)}*`
  }
}

/** Where a page is in the document: its heading, as GitHub makes an anchor of it. */
function targetOf(name: string): string {
  return name === 'composefs-dump' ? 'formats/dumpfile.md' : `#${name.replaceAll('.', '')}`
}

/** Signs that Markdown takes for its own. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\*_<>[\]]/g, found => `\\${found}`)
}

/** A cell of a table ends at a bar, also inside of code. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
