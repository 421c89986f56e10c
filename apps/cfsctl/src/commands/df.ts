import type { Command } from '../command.ts'

export const df = {
  words: ['df'],
  group: 'Repository',
  summary: 'Show what images take on the disk',
  description: [
    'Sizes are what the files take of the file system. An object that several names need counts for each of them; what only one of them needs is what its removal and a gc would free.',
  ],
  positionals: [],
  options: [],
  examples: ['cfsctl df', 'cfsctl --json df'],
} as const satisfies Command
