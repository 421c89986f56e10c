/** A fenced block of a page. */
export interface CodeBlock {
  /** The word behind the fence; empty where there is none. */
  readonly language: string
  readonly text: string
  /** Line of its first line in the page, from 1. */
  readonly line: number
  /** Why it is not run, from a comment `<!-- not run: … -->` in the line before it. */
  readonly notRun: string | undefined
}

const FENCE = /^( *)```(\w*)$/
const NOT_RUN = /^\s*<!-- not run: (.+) -->$/

/** The fenced blocks of a Markdown page, in order. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const lines = markdown.split('\n')
  const blocks: CodeBlock[] = []
  let start: { readonly at: number; readonly indent: string; readonly language: string } | undefined
  for (const [at, line] of lines.entries()) {
    const [, indent = '', language = ''] = FENCE.exec(line) ?? []
    if (!FENCE.test(line)) continue
    if (start === undefined) {
      start = { at, indent, language }
      continue
    }
    const { length } = start.indent
    blocks.push({
      language: start.language,
      text: `${lines
        .slice(start.at + 1, at)
        .map(each => each.slice(length))
        .join('\n')}\n`,
      line: start.at + 2,
      notRun: NOT_RUN.exec(lines[start.at - 1] ?? '')?.[1],
    })
    start = undefined
  }
  if (start !== undefined) throw new Error(`the block of line ${start.at + 1} has no end`)
  return blocks
}
