/** What the value of an option is: for the parser, the help and completion. */
export type ValueType =
  | { readonly kind: 'text' | 'path'; readonly label: string }
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly label?: string }
  | {
      readonly kind: 'integer'
      readonly label: string
      readonly min: number
      readonly max: number
    }

/** An option: a switch, or with `value` one that takes a value. */
export interface Option {
  /** The long form without its dashes; also the key of the value in a command's arguments. */
  readonly name: string
  readonly short?: string
  readonly value?: ValueType
  /** May be given more than once: a list of the values, or for a switch their number. */
  readonly repeat?: boolean
  /** Environment variables that stand in when the option is not given; the first that is set and not empty. */
  readonly env?: readonly string[]
  /** Options that may not be given beside this one. */
  readonly excludes?: readonly string[]
  /** Has to be given. */
  readonly required?: boolean
  /** Options that have to be given beside this one. */
  readonly requires?: readonly string[]
  /** Understood, but not shown in the help. */
  readonly hidden?: boolean
  /** A later release knows it: using it ends with exit 5. With a list, only these values do. */
  readonly planned?: boolean | readonly string[]
  readonly summary: string
}

/** An argument without a name. Only the last of a command may be optional or repeat. */
export interface Positional {
  readonly name: string
  readonly optional?: boolean
  /** Any number of them; none unless it is `optional`, too. */
  readonly repeat?: boolean
  readonly summary: string
}

/** Headings of the help, in its order. */
export const GROUPS = ['Repository', 'Images', 'OCI images', 'Mounting', 'Tools', 'Help'] as const
export type Group = (typeof GROUPS)[number]

/** One command: parser, help and documentation read this, and nothing else knows of it. */
export interface Command {
  /** `['oci', 'tag']`; none for a program that is one command. */
  readonly words: readonly string[]
  /** Other names of the last word. */
  readonly aliases?: readonly string[]
  readonly group: Group
  /** One line that starts with a verb. */
  readonly summary: string
  /** What `--help` tells beyond the summary: paragraphs. */
  readonly description?: readonly string[]
  readonly positionals: readonly Positional[]
  readonly options: readonly Option[]
  /** Exit statuses that have a meaning of their own here. */
  readonly exits?: Readonly<Record<number, string>>
  readonly examples?: readonly string[]
}

/** A command of a later release: the help lists it, and running it ends with exit 5. */
export interface PlannedCommand {
  readonly words: readonly string[]
  readonly summary: string
}

type Value<V> = V extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : V extends { readonly kind: 'integer' }
    ? number
    : string

type OptionValue<O> = O extends { readonly value: infer V }
  ? O extends { readonly repeat: true }
    ? readonly Value<V>[]
    : O extends { readonly required: true }
      ? Value<V>
      : Value<V> | undefined
  : O extends { readonly repeat: true }
    ? number
    : boolean

type PositionalValue<P> = P extends { readonly repeat: true }
  ? readonly string[]
  : P extends { readonly optional: true }
    ? string | undefined
    : string

/** The values of a list of options, by name. */
export type OptionValues<Options extends readonly Option[]> = {
  readonly [O in Options[number] as O['name']]: OptionValue<O>
}

/** What a command is called with: its positionals and options by name. */
export type Args<C extends Pick<Command, 'positionals' | 'options'>> = OptionValues<
  C['options']
> & {
  readonly [P in C['positionals'][number] as P['name']]: PositionalValue<P>
}
