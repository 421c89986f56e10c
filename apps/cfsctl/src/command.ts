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

/**
 * Where completion finds what can stand for a value: a list of words, or the kind of thing that it names. `file` and
 * `directory` are left to the shell, `nothing` is a value that only the user knows.
 */
export type Completer =
  | readonly string[]
  | 'nothing'
  | 'file'
  | 'directory'
  /** Tags of container images. */
  | 'tag'
  /** Container images by tag, or by digest of manifest or config. */
  | 'container-image'
  /** Diff ids of stored layers. */
  | 'layer'
  /** Names and ids of EROFS images. */
  | 'image'
  | 'image-name'
  | 'image-id'
  | 'stream'
  /** Names below `streams/refs`. */
  | 'stream-name'
  /** Entries of `images/` and `streams/`. */
  | 'root'
  | 'object'
  /** Where container images are: `docker://`, `oci:DIRECTORY:TAG`… */
  | 'source'
  | 'export-target'
  | 'push-target'
  /** A source or a repository. */
  | 'source-or-repository'
  /** An image of any kind, a dump or a directory. */
  | 'image-or-path'
  | 'mountpoint'
  /** Options of a mount, between commas. */
  | 'mount-options'
  /** Commands and manual pages. */
  | 'page'

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
  /** Default: a `choice` offers its choices, a `path` files, everything else nothing. */
  readonly completes?: Completer
  /** The release that brought it; none: the first. */
  readonly since?: string
  readonly summary: string
}

/** An argument without a name. Only the last of a command may be optional or repeat. */
export interface Positional {
  readonly name: string
  readonly optional?: boolean
  /** Any number of them; none unless it is `optional`, too. */
  readonly repeat?: boolean
  /** None: nothing can be offered. */
  readonly completes?: Completer
  readonly summary: string
}

/** Headings of the help, in its order. */
export const GROUPS = ['Repository', 'Images', 'OCI images', 'Mounting', 'Tools', 'Help'] as const
export type Group = (typeof GROUPS)[number]

/** What cfsctl 0.9.4 or the C tools have of a command: scripts that say nothing else run with both. */
export interface Upstream {
  /** The words there, with options where it takes some to do the same. */
  readonly words: string
  /** Those of its options that are there, too. */
  readonly options?: readonly string[]
}

/**
 * Fields of a JSON document by their path, in the order of the document: `stats.objects_copied`, `layers[].diff_id`.
 * `{}` stands for names that are data.
 */
export type OutputFields = Readonly<Record<string, string>>

/** One command: parser, help, manual pages, completion and reference read this, and nothing else knows of it. */
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
  /** What `--json` prints; none: the command has no document. */
  readonly output?: OutputFields
  /** None: the command is new here. */
  readonly upstream?: Upstream
  /** The release that brought it; none: the first. */
  readonly since?: string
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
