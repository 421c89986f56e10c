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
  examples: ['cfsctl oci ls-layer sha256:4c8f6966b8a6'],
  upstream: { words: 'oci layer --dumpfile' },
} as const satisfies Command
