import type { Command } from '../../command.ts'

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
} as const satisfies Command
