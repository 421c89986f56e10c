import type { Command } from '../../command.ts'
import { nameFields } from '../output-fields.ts'

export const ociTag = {
  words: ['oci', 'tag'],
  group: 'OCI images',
  summary: 'Give a stored image another name',
  positionals: [
    {
      name: 'digest',
      completes: 'container-image',
      summary: 'Digest of its manifest, or a tag it has',
    },
    { name: 'name', completes: 'tag', summary: 'The tag' },
  ],
  options: [],
  exits: { 3: 'no such image' },
  examples: ['cfsctl oci tag fedora:41 fedora:stable'],
  output: {
    ...nameFields,
  },
  upstream: { words: 'oci tag' },
} as const satisfies Command
