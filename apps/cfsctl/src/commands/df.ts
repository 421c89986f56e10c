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
  exits: { 3: 'no such repository' },
  output: {
    objects: 'number of objects',
    bytes: 'what they take of the file system',
    'images[].kind': '`oci` or `image`',
    'images[].name': 'the name',
    'images[].bytes': 'what it needs',
    'images[].unique_bytes': 'what only it needs',
    unreferenced_objects: 'objects that no name needs',
    unreferenced_bytes: 'what a gc would free',
  },
} as const satisfies Command
