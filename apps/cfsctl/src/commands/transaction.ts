import type { Command } from '../command.ts'

export const transaction = {
  words: ['transaction'],
  group: 'Repository',
  summary: 'Keep gc away until killed',
  description: [
    'Holds the lock that every command takes while it runs, until SIGINT or SIGTERM. Between commands of a script gc then removes nothing that has no name yet.',
    'A gc that is started meanwhile waits for the end. Other commands run as always; while a gc waits they start half a minute late, to let it go first.',
  ],
  positionals: [],
  options: [],
  examples: ['cfsctl transaction & cfsctl create-image ./a; cfsctl create-image ./b; kill %1'],
  exits: { 3: 'no such repository', 130: 'ended by SIGINT', 143: 'ended by SIGTERM' },
  upstream: { words: 'transaction' },
} as const satisfies Command
