import type { DescribedProgram } from '../arguments/described-program.ts'
import type { Command, Option } from '../command.ts'
import { environmentItems, optionItems, optionTerm, positionalItems } from './option-items.ts'
import {
  type Block,
  code,
  type Item,
  meaning,
  type Page,
  pageReference,
  paragraph,
  plain,
  type Section,
  type Span,
  section,
  sentence,
  type Text,
  variable,
} from './page.ts'

/** `cfsctl-oci-pull`: the name of the page of a command. */
export function pageName(program: DescribedProgram, words: readonly string[]): string {
  return [program.name, ...words].join('-')
}

/** The page of one command. */
export function commandPage(program: DescribedProgram, command: Command): Page {
  const { words, summary } = command
  return {
    name: pageName(program, words),
    section: 1,
    summary,
    sections: [
      ...section('Synopsis', [{ kind: 'paragraph', text: synopsis(program, command) }]),
      ...commandSections(command, 'Description'),
      ...section('Global options', [
        {
          kind: 'paragraph',
          text: sentence(
            `The options of \`${program.name}\`(1) may stand before and after the command.`,
          ),
        },
      ]),
      ...outputSection(command),
      ...section('Exit status', [exitList(command)]),
      ...section('Environment', [{ kind: 'list', items: environmentItems(command.options) }]),
      ...exampleSection(command.examples ?? []),
      ...section('Compatibility', [compatibility(command)]),
      ...section('See also', [seeAlso(program, command)]),
    ],
  }
}

/** What a command does, and what it takes. */
export function commandSections(command: Command, title: string): Section[] {
  const { summary, description = [], aliases, positionals, options, since } = command
  const also = aliases === undefined ? [] : [paragraph(`Another name: ${aliases.join(', ')}`)]
  const release = since === undefined ? [] : [paragraph(`Since ${since}`)]
  const told = [paragraph(summary), ...description.map(paragraph), ...also, ...release]
  return [
    ...section(title, told),
    ...section('Arguments', [{ kind: 'list', items: positionalItems(positionals) }]),
    ...section('Options', [{ kind: 'list', items: optionItems(options) }]),
  ]
}

/** `cfsctl oci tag [OPTIONS] DIGEST NAME`. */
export function synopsis(
  program: DescribedProgram,
  { words, options, positionals }: Command,
): Text {
  const hasOptions = [...options, ...program.globals].some(({ hidden }) => hidden !== true)
  const required = options.filter((option): option is Option => option.required === true)
  const spans: Span[] = [code([program.name, ...words].join(' '))]
  if (hasOptions) spans.push(plain(' ['), variable('OPTIONS'), plain(']'))
  for (const option of required) spans.push(plain(' '), ...optionTerm(option))
  for (const { name, optional, repeat } of positionals) {
    const more = repeat === true ? '...' : ''
    spans.push(
      plain(optional === true ? ' [' : ' '),
      variable(name.toUpperCase() + more),
      plain(optional === true ? ']' : ''),
    )
  }
  return spans.filter(({ text }) => text !== '')
}

/** Examples as lines to type. */
export function exampleSection(examples: readonly string[]): readonly Section[] {
  return examples.length === 0 ? [] : section('Examples', [{ kind: 'code', lines: examples }])
}

function outputSection({ output }: Command): readonly Section[] {
  if (output === undefined) return []
  const items = Object.entries(output).map(([path, text]) => ({
    term: [code(path)],
    meaning: meaning(text),
  }))
  return section('Output', [
    paragraph(
      'With --json one document is printed. Its fields, by their paths, behind a `schema` that names the document if it is none of cfsctl 0.9.4; what is unknown is null, and later releases may add more:',
    ),
    { kind: 'list', items },
  ])
}

function exitList({ exits = {} }: Command): Block {
  const own = Object.entries(exits).map(([status, text]) => exitItem(status, text))
  const common = sentence('Others are those of `cfsctl`(1).')
  return {
    kind: 'list',
    items: [exitItem('0', 'done'), ...own, { term: [plain('any other')], meaning: common }],
  }
}

function exitItem(status: string, text: string): Item {
  return { term: [code(status)], meaning: meaning(text) }
}

function compatibility({ words, options, upstream }: Command): Block {
  if (upstream === undefined) return paragraph('cfsctl 0.9.4 has no such command')
  const shared = new Set(upstream.options)
  const added = options
    .filter(({ name, hidden }) => hidden !== true && !shared.has(name))
    .map(({ name }) => `--${name}`)
  const name =
    upstream.words === words.join(' ')
      ? 'cfsctl 0.9.4 has this command'
      : `cfsctl 0.9.4 has this as \`cfsctl ${upstream.words}\``
  return paragraph(added.length === 0 ? name : `${name}; it does not have ${added.join(', ')}`)
}

function seeAlso(program: DescribedProgram, { words, group }: Command): Block {
  const near = program.commands.filter(
    command => command.group === group && command.words.join(' ') !== words.join(' '),
  )
  const names = [program.name, ...near.map(command => pageName(program, command.words))]
  return { kind: 'paragraph', text: references(names.map(name => [name, 1])) }
}

/** `cfsctl(1), composefs-dump(5)`. */
export function references(pages: readonly (readonly [name: string, section: number])[]): Text {
  return pages.flatMap(([name, number], index) => [
    ...(index === 0 ? [] : [plain(', ')]),
    pageReference(name, number),
  ])
}
