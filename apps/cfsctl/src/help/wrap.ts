/** Columns that help and messages stay within. */
export const HELP_WIDTH = 80

/** The words of `text` in lines of at most `width` columns. A word that is longer has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** Two columns: a term, and what it means beside it or, when the term is too long, below it. */
export function definitionLines(
  entries: readonly (readonly [term: string, meaning: string])[],
  column: number,
): string[] {
  return entries.flatMap(([term, meaning]) => {
    const wrapped = wrap(meaning, HELP_WIDTH - column)
    const start = `  ${term}`
    const indent = ' '.repeat(column)
    const [first = '', ...rest] = wrapped
    const fits = start.length + 2 <= column
    const head = fits ? [start.padEnd(column) + first] : [start, indent + first]
    return [...head, ...rest.map(line => indent + line)].map(line => line.trimEnd())
  })
}

/** The column for the meanings: behind the longest term that leaves them enough room. */
export function meaningColumn(terms: readonly string[], max: number): number {
  const widths = terms.map(term => term.length + 4).filter(width => width <= max)
  return Math.max(...widths, 8)
}
