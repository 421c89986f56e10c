import type { Command } from '../../command.ts'

export const ociLsLayer = {
  words: ['oci', 'ls-layer'],
  group: 'OCI images',
  summary: 'List the entries of a stored layer',
  positionals: [
    {
      name: 'layer',
      completes: 'layer',
      summary: 'Diff id of the layer: sha256:DIGEST, or its first digits',
    },
  ],
  options: [],
  exits: { 3: 'no such layer' },
} as const satisfies Command
