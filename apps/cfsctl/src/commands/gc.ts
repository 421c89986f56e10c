import type { Command } from '../command.ts'

export const gc = {
  words: ['gc'],
  group: 'Repository',
  summary: 'Remove what no name reaches',
  description: [
    'Tags, referrers and names of images keep what they need. Everything else is removed, once nobody else has the repository open.',
    'Nothing is removed while something is broken, so that what is needed cannot be told. The error names it and what helps: to remove the name that leads there, or to go on without it by --ignore-broken.',
  ],
  positionals: [],
  options: [
    { name: 'dry-run', short: 'n', summary: 'Only tell what would be removed' },
    {
      name: 'root',
      completes: 'root',
      short: 'r',
      value: { kind: 'text', label: 'NAME' },
      repeat: true,
      summary: 'Keep this entry of images/ or streams/ too, and what it needs',
    },
    {
      name: 'ignore-broken',
      completes: 'root',
      value: { kind: 'text', label: 'NAME' },
      repeat: true,
      summary: 'Go on without this broken thing, named as the error names it; a link is removed',
    },
    { name: 'explain', summary: 'Also tell what each name keeps' },
    {
      name: 'why',
      completes: 'object',
      value: { kind: 'text', label: 'OBJECT' },
      excludes: ['dry-run', 'explain', 'ignore-broken'],
      summary: 'Only tell which names keep an object, and by which way; nothing is removed',
    },
  ],
  exits: {
    3: 'no such repository, no such object',
    4: 'something is broken, nothing has been removed',
    6: 'others kept the repository open until the end of --lock-timeout',
  },
  examples: ['cfsctl gc --dry-run', 'cfsctl gc --explain', 'cfsctl gc --why sha512:HEX'],
} as const satisfies Command
