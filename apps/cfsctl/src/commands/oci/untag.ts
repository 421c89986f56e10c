import type { Command } from '../../command.ts'

export const ociUntag = {
  words: ['oci', 'untag'],
  group: 'OCI images',
  summary: 'Remove a tag',
  description: ['What no other tag holds is removed by the next gc.'],
  positionals: [{ name: 'name', completes: 'tag', summary: 'The tag' }],
  options: [],
  exits: { 3: 'no such tag' },
} as const satisfies Command
