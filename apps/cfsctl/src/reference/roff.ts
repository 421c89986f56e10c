import { wrap } from '../help/wrap.ts'
import type { Block, Page, Span, Text } from './page.ts'

/** What the pages say of themselves in their frame. */
export interface Edition {
  /** `cfsctl 0.1.0`. */
  readonly version: string
  /** YYYY-MM-DD. */
  readonly date: string
}

/** Columns of the lines of a page's source. */
const SOURCE_WIDTH = 78
const MANUALS = { 1: 'User Commands', 5: 'File Formats', 8: 'System Administration' } as const

/** A page in the macros of man(7), for man and mandoc. */
export function roff(page: Page, { version, date }: Edition): string {
  const { name, section, summary, sections } = page
  const lines = [
    `.TH ${argument(name.toUpperCase())} ${section} ${date} ${argument(version)} ${argument(MANUALS[section])}`,
    // No hyphenation, and no blanks to make lines even: words stay as they are typed.
    '.nh',
    '.ad l',
    '.SH NAME',
    `${escapeRoff(name)} \\- ${escapeRoff(summary)}`,
    ...sections.flatMap(({ title, blocks }) => [
      `.SH ${argument(title.toUpperCase())}`,
      ...blocks.flatMap((block, index) => blockLines(block, blocks[index - 1])),
    ]),
  ]
  return `${lines.join('\n')}\n`
}

function blockLines(block: Block, before: Block | undefined): string[] {
  // The first paragraph of a section begins by itself.
  const isFirst = before === undefined || before.kind === 'heading'
  switch (block.kind) {
    case 'heading':
      return [`.SS ${argument(block.title)}`]
    case 'paragraph':
      return [...(isFirst ? [] : ['.PP']), ...textLines(block.text)]
    case 'code':
      return [
        ...(isFirst ? [] : ['.PP']),
        '.RS 4',
        '.EX',
        ...block.lines.map(line => guard(escapeRoff(line))),
        '.EE',
        '.RE',
      ]
    case 'list':
      return block.items.flatMap(({ term, meaning }) => [
        '.TP',
        guard(term.map(spanText).join('')),
        ...textLines(meaning),
      ])
  }
}

function textLines(text: Text): string[] {
  return wrap(text.map(spanText).join(''), SOURCE_WIDTH).map(guard)
}

function spanText({ kind, text }: Span): string {
  switch (kind) {
    case 'plain':
      return escapeRoff(text)
    case 'code':
      return `\\fB${escapeRoff(text)}\\fR`
    case 'page': {
      const at = text.lastIndexOf('(')
      return `\\fB${escapeRoff(text.slice(0, at))}\\fR${text.slice(at)}`
    }
    case 'variable':
      return `\\fI${escapeRoff(text)}\\fR`
  }
}

/** Characters that roff takes for its own, or shows as others. */
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '…': '...',
}

function escapeRoff(text: string): string {
  return text.replaceAll(/[\\\-'`^~]|[^\u0000-\u007f]/gu, found => {
    const known = ESCAPES[found]
    if (known !== undefined) return known
    const code = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    return `\\[u${code}]`
  })
}

/** An argument of a macro. */
function argument(text: string): string {
  return `"${escapeRoff(text).replaceAll('"', '\\(dq')}"`
}

/** A line of text that begins like a macro. */
function guard(line: string): string {
  return line.startsWith('.') ? `\\&${line}` : line
}
