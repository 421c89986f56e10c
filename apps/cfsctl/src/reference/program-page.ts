import type { DescribedProgram } from '../arguments/described-program.ts'
import { type Command, GROUPS } from '../command.ts'
import { pageName, references, synopsis } from './command-page.ts'
import { environmentItems, optionItems } from './option-items.ts'
import {
  type Block,
  code,
  type Item,
  type Page,
  pageReference,
  paragraph,
  plain,
  section,
  sentence,
  variable,
} from './page.ts'

/** Exit statuses of every command. */
const EXITS: readonly (readonly [status: string, meaning: string])[] = [
  ['0', 'Done.'],
  ['1', 'Failed.'],
  ['2', 'Wrong usage.'],
  ['3', 'Not there: a repository, an image, a tag, a layer, a stream.'],
  ['4', 'Integrity: something is not what its digest says.'],
  ['5', 'Not possible here, or not in this release.'],
  ['6', 'Try later: locked, or the registry is silent or busy.'],
  ['129, 130, 143', 'Ended by SIGHUP, SIGINT or SIGTERM; what is complete stays.'],
  ['141', 'Nobody reads standard output any more.'],
]

/** Variables that no option is named after. */
const VARIABLES: readonly (readonly [name: string, meaning: string])[] = [
  ['NO_COLOR', 'Not empty: no colour. --color has the last word.'],
  ['CLICOLOR_FORCE, FORCE_COLOR', 'Not empty and not 0: colour also where there is no terminal.'],
  ['RUST_LOG', 'Read where CFSCTL_LOG is not set.'],
  [
    'COMPOSEFS_ENGINE',
    'Who hashes and decompresses: native (libraries inside Node, or an error), node, auto.',
  ],
  ['COMPLETE', 'bash, zsh or fish, and no arguments: prints a completion script.'],
  ['TMPDIR', 'Where temporary files go.'],
  ['HOME', 'Where the repository of a user is.'],
]

/** The page of cfsctl as a whole. */
export function programPage(program: DescribedProgram): Page {
  const commands = program.commands
  return {
    name: program.name,
    section: 1,
    summary: program.summary,
    sections: [
      ...section('Synopsis', [
        {
          kind: 'paragraph',
          text: [
            code(program.name),
            plain(' ['),
            variable('OPTIONS'),
            plain('] '),
            variable('COMMAND'),
            plain(' ['),
            variable('ARGUMENTS'),
            plain(']'),
          ],
        },
      ]),
      ...section('Description', [
        paragraph(
          'A composefs repository stores every file once, by its fs-verity digest. An image is a small EROFS file that names files by digest; the kernel mounts it with the objects of the repository behind it, and checks every file that is read.',
        ),
        paragraph(
          `\`${program.name}\` stores container images and directories in repositories, mounts them, and looks after repositories. Results go to standard output, with --json as one document. Progress, notices and errors go to standard error.`,
        ),
        paragraph(
          'The repository is the one of --repo, --user or --system, else that of CFSCTL_REPO, else /sysroot/composefs for root and $HOME/.var/lib/composefs for others',
        ),
      ]),
      ...section(
        'Commands',
        GROUPS.flatMap(group => {
          const items = commands
            .filter(command => command.group === group)
            .map(command => commandItem(program, command))
          const tools = group === 'Tools' ? toolItems(program) : []
          const all = [...items, ...tools]
          return all.length === 0
            ? []
            : ([
                { kind: 'heading', title: group },
                { kind: 'list', items: all },
              ] satisfies Block[])
        }),
      ),
      ...section('Global options', [
        paragraph('They may stand before and after the command, up to an argument `--`'),
        {
          kind: 'list',
          items: [
            ...optionItems(program.globals),
            {
              term: [code('-h'), plain(', '), code('--help')],
              meaning: sentence('Show help; --help tells more than -h.'),
            },
            {
              term: [code('-V'), plain(', '), code('--version')],
              meaning: sentence('Show the version.'),
            },
          ],
        },
      ]),
      ...section('Exit status', [{ kind: 'list', items: EXITS.map(item) }]),
      ...section('Environment', [
        { kind: 'list', items: [...environmentItems(program.globals), ...VARIABLES.map(item)] },
      ]),
      ...section('Files', [
        {
          kind: 'list',
          items: [
            item(['/sysroot/composefs', 'The repository of root.']),
            item(['$HOME/.var/lib/composefs', 'The repository of everybody else.']),
          ],
        },
      ]),
      ...section('See also', [
        {
          kind: 'paragraph',
          text: references([
            ['mkcomposefs', 1],
            ['composefs-info', 1],
            ['mount.composefs', 8],
            ['composefs-dump', 5],
          ]),
        },
      ]),
    ],
  }
}

function item([name, meaning]: readonly [name: string, meaning: string]): Item {
  return { term: [code(name)], meaning: sentence(meaning) }
}

function commandItem(program: DescribedProgram, command: Command): Item {
  const [, ...rest] = synopsis({ ...program, globals: [] }, { ...command, options: [] })
  return {
    term: [code(command.words.join(' ')), ...rest],
    meaning: [
      ...sentence(`${command.summary}. See `),
      pageReference(pageName(program, command.words), 1),
      plain('.'),
    ],
  }
}

function toolItems({ tools = [] }: DescribedProgram): Item[] {
  return tools.map(({ name, summary }) => ({
    term: [code(name)],
    meaning: [
      ...sentence(`${summary}. See `),
      pageReference(name, name.startsWith('mount.') ? 8 : 1),
      plain('.'),
    ],
  }))
}
