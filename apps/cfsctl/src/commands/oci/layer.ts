import type { Command } from '../../command.ts'

export const ociLayer = {
  words: ['oci', 'layer'],
  group: 'OCI images',
  summary: 'Write the tar of a stored layer',
  positionals: [
    {
      name: 'layer',
      completes: 'layer',
      summary: 'Diff id of the layer: sha256:DIGEST, or its first digits',
    },
  ],
  options: [
    {
      name: 'dumpfile',
      excludes: ['json'],
      summary: 'The entries of the tar as lines of a dump file',
    },
  ],
  exits: { 3: 'no such layer' },
} as const satisfies Command
