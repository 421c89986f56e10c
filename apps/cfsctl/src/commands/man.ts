import type { Command } from '../command.ts'

export const man = {
  words: ['man'],
  group: 'Help',
  summary: 'Show a manual page',
  description: [
    'COMMAND is a command of cfsctl, such as `oci pull`, or mkcomposefs, composefs-info, mount.composefs or composefs-dump, the format of dump files; none is cfsctl as a whole. The pages need not be installed.',
    'On a terminal man shows the page, if there is one; elsewhere it is plain text.',
  ],
  positionals: [
    {
      name: 'command',
      optional: true,
      repeat: true,
      completes: 'page',
      summary: 'Words of the command, or the name of a page',
    },
  ],
  options: [{ name: 'roff', summary: 'Print the source of the page' }],
  exits: { 2: 'no such page' },
  examples: ['cfsctl man oci pull', 'cfsctl man composefs-dump', 'cfsctl man --roff gc | mandoc'],
} as const satisfies Command
