import type { Command, RunModule } from '../../command.ts'

export const ociUntag = {
  words: ['oci', 'untag'],
  group: 'OCI images',
  summary: 'Remove a tag',
  description: ['What no other tag holds is removed by the next gc.'],
  positionals: [{ name: 'name', summary: 'The tag' }],
  options: [],
  exits: { 3: 'no such tag' },
  load: async (): Promise<RunModule> => (await import('../../bundles/light.ts')).ociUntag,
} as const satisfies Command
