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
  examples: ['cfsctl oci layer sha256:4c8f6966b8a6 > layer.tar'],
  output: {
    diffId: 'digest of the layer as a tar',
    verity: 'id of its stream',
    size: 'bytes of the tar',
    entryCount: 'number of its entries',
    'splitstream.externalObjects': 'files that are objects',
    'splitstream.externalSize': 'their bytes',
    'splitstream.inlineSize': 'bytes that are in the stream',
  },
  upstream: { words: 'oci layer', options: ['dumpfile'] },
} as const satisfies Command
