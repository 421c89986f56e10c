import type { Command } from '../../command.ts'
import { imageArgument } from './image-argument.ts'

export const ociReferrers = {
  words: ['oci', 'referrers'],
  group: 'OCI images',
  summary: 'List what refers to an image',
  description: [
    'Signatures, attestations and the like that are in the repository, and what refers to those. oci pull --referrers fetches them.',
  ],
  positionals: [imageArgument],
  options: [],
  exits: { 3: 'no such image' },
} as const satisfies Command
