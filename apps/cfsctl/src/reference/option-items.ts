import { valueLabel } from '../arguments/option-values.ts'
import type { Option, Positional } from '../command.ts'
import {
  code,
  fullSentence,
  type Item,
  plain,
  type Span,
  sentence,
  type Text,
  variable,
} from './page.ts'

/** Options as a list: how they are typed, and all that the table says about them. */
export function optionItems(options: readonly Option[]): Item[] {
  return options
    .filter(({ hidden }) => hidden !== true)
    .map(option => ({ term: optionTerm(option), meaning: optionMeaning(option) }))
}

/** `-r, --root NAME`. */
export function optionTerm({ name, short, value }: Option): Text {
  return [
    ...(short === undefined ? [] : [code(`-${short}`), plain(', ')]),
    code(`--${name}`),
    ...(value === undefined ? [] : [plain(' '), valueSpan(value)]),
  ]
}

/** Arguments as a list. */
export function positionalItems(positionals: readonly Positional[]): Item[] {
  return positionals.map(({ name, summary }) => ({
    term: [variable(name.toUpperCase())],
    meaning: fullSentence(summary),
  }))
}

/** Environment variables that stand in for options. */
export function environmentItems(options: readonly Option[]): Item[] {
  return options.flatMap(({ name, env = [] }) =>
    env.map(variableName => ({
      term: [code(variableName)],
      meaning: [plain('Stands in for '), code(`--${name}`), plain('.')],
    })),
  )
}

function valueSpan(value: NonNullable<Option['value']>): Span {
  const label = valueLabel(value)
  return value.kind === 'choice' && value.label === undefined ? code(label) : variable(label)
}

function optionMeaning(option: Option): Text {
  const { value, repeat, env, planned, excludes, requires, required, since, summary } = option
  const notes = [
    value?.kind === 'choice' && value.label !== undefined && !value.choices.every(isIn(summary))
      ? `One of ${value.choices.join(', ')}.`
      : undefined,
    required === true ? 'Has to be given.' : undefined,
    repeat === true ? 'May be repeated.' : undefined,
    env === undefined ? undefined : `Environment: ${env.join(', ')}.`,
    excludes === undefined ? undefined : `Not with ${optionNames(excludes)}.`,
    requires === undefined ? undefined : `Needs ${optionNames(requires)}.`,
    planned === true ? 'Not in this release.' : undefined,
    Array.isArray(planned) ? `Not in this release: ${planned.join(', ')}.` : undefined,
    since === undefined ? undefined : `Since ${since}.`,
  ].filter(note => note !== undefined)
  return sentence([/[.]$/.test(summary) ? summary : `${summary}.`, ...notes].join(' '))
}

function optionNames(names: readonly string[]): string {
  return names.map(name => `--${name}`).join(', ')
}

function isIn(text: string): (word: string) => boolean {
  return word => text.includes(word)
}
