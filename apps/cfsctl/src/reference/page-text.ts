import { wrap } from '../help/wrap.ts'
import type { Block, Page, Text } from './page.ts'

const WIDTH = 80
const INDENT = 7
/** Of what a term means, below it. */
const INNER_INDENT = 14

/** A page as man would show it, without bold and underlines. */
export function pageText({ name, section, summary, sections }: Page): string {
  const title = `${name.toUpperCase()}(${section})`
  const lines = [
    title,
    '',
    'NAME',
    ...filled(`${name} - ${summary}`, INDENT),
    ...sections.flatMap(({ title, blocks }) => ['', title.toUpperCase(), ...body(blocks)]),
  ]
  return `${lines.join('\n')}\n`
}

function body(blocks: readonly Block[]): string[] {
  return blocks.flatMap((block, index) => {
    const before = blocks[index - 1]
    const gap = before === undefined || before.kind === 'heading' ? [] : ['']
    return [...gap, ...blockLines(block)]
  })
}

function blockLines(block: Block): string[] {
  switch (block.kind) {
    case 'heading':
      return [`   ${block.title}`]
    case 'paragraph':
      return filled(textOf(block.text), INDENT)
    case 'code':
      return block.lines.map(line => ' '.repeat(INDENT + 4) + line)
    case 'list':
      return block.items.flatMap(({ term, meaning }, index) => [
        ...(index === 0 ? [] : ['']),
        ' '.repeat(INDENT) + textOf(term),
        ...filled(textOf(meaning), INNER_INDENT),
      ])
  }
}

function filled(text: string, indent: number): string[] {
  return wrap(text, WIDTH - indent).map(line => ' '.repeat(indent) + line)
}

function textOf(text: Text): string {
  return text.map(span => span.text).join('')
}
