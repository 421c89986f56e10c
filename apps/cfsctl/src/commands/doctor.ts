import type { Command } from '../command.ts'

export const doctor = {
  words: ['doctor'],
  group: 'Repository',
  summary: 'Check what this machine can do',
  description: [
    'Tries what mounting needs, with mounts, files and processes of which nothing is left. No repository is needed; where there is one, its fs-verity is looked at.',
    'The status of a check is ok, warn (only some commands need it, or this user may not try it) or fail (mounting does not work). One that fails makes the command fail.',
  ],
  positionals: [],
  options: [
    {
      name: 'skopeo',
      value: { kind: 'path', label: 'PATH' },
      env: ['CFSCTL_SKOPEO'],
      summary: 'The skopeo to look at; default: the one of the PATH',
    },
  ],
  exits: { 5: 'something that mounting needs does not work' },
  examples: ['cfsctl doctor', 'cfsctl --json doctor'],
  output: {
    'checks[].id': 'what was looked at',
    'checks[].status': '`ok`, `warn` or `fail`',
    'checks[].detail': 'what was found',
    'checks[].hint': 'what helps',
  },
} as const satisfies Command
