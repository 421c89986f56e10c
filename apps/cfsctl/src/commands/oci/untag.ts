import type { Command } from '../../command.ts'
import { nameFields } from '../output-fields.ts'

export const ociUntag = {
  words: ['oci', 'untag'],
  group: 'OCI images',
  summary: 'Remove a tag',
  description: ['What no other tag holds is removed by the next gc.'],
  positionals: [{ name: 'name', completes: 'tag', summary: 'The tag' }],
  options: [],
  exits: { 3: 'no such tag' },
  examples: ['cfsctl oci untag fedora:41'],
  output: {
    ...nameFields,
  },
  upstream: { words: 'oci untag' },
} as const satisfies Command
