import type { Command } from '../../command.ts'

export const ociImages = {
  words: ['oci', 'images'],
  group: 'OCI images',
  summary: 'List the tagged images',
  positionals: [],
  options: [],
} as const satisfies Command
