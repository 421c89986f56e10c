import type { DescribedProgram } from '../arguments/described-program.ts'
import { commandSections, exampleSection, references, synopsis } from './command-page.ts'
import { optionItems } from './option-items.ts'
import { type Block, code, type Page, paragraph, section, sentence } from './page.ts'

/** The page of a program that works as one of the C tools. */
export function toolPage(program: DescribedProgram, number: 1 | 8): Page {
  const [only] = program.commands
  const isOne = only !== undefined && only.words.length === 0
  const examples = program.commands.flatMap(command => command.examples ?? [])
  const exits = isOne ? (only.exits ?? {}) : {}
  return {
    name: program.name,
    section: number,
    summary: program.summary,
    sections: [
      ...section(
        'Synopsis',
        program.commands.map(command => ({ kind: 'paragraph', text: synopsis(program, command) })),
      ),
      ...(isOne ? commandSections(only, 'Description') : severalCommands(program)),
      ...section('Exit status', [
        {
          kind: 'list',
          items: [
            { term: [code('0')], meaning: sentence('Done.') },
            { term: [code('1')], meaning: sentence(`${exits[1] ?? 'any failure'}.`) },
          ],
        },
      ]),
      ...exampleSection(examples),
      ...section('Compatibility', [
        paragraph(
          `Digests, output and the syntax of options are those of ${program.name} of composefs 1.0. \`cfsctl ${program.name}\` is the same program.`,
        ),
      ]),
      ...section('See also', [
        { kind: 'paragraph', text: references(SEE_ALSO.filter(([name]) => name !== program.name)) },
      ]),
    ],
  }
}

const SEE_ALSO = [
  ['cfsctl', 1],
  ['mkcomposefs', 1],
  ['composefs-info', 1],
  ['mount.composefs', 8],
  ['composefs-dump', 5],
] as const

function severalCommands(program: DescribedProgram) {
  const list: Block = {
    kind: 'list',
    items: program.commands.map(({ words, summary, description = [] }) => ({
      term: [code(words.join(' '))],
      meaning: sentence([summary, ...description].map(text => text.replace(/\.?$/, '.')).join(' ')),
    })),
  }
  return [
    ...section('Description', [paragraph(program.summary), list]),
    ...section('Options', [
      paragraph('They may stand before and after the command'),
      { kind: 'list', items: optionItems(program.globals) },
    ]),
  ]
}
