import type { Command, RunModule } from '../../command.ts'

export const ociImages = {
  words: ['oci', 'images'],
  group: 'OCI images',
  summary: 'List the tagged images',
  positionals: [],
  options: [],
  load: async (): Promise<RunModule> => (await import('../../bundles/light.ts')).ociImages,
} as const satisfies Command
