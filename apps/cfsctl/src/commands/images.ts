import type { Command, RunModule } from '../command.ts'

export const images = {
  words: ['images'],
  aliases: ['list-images'],
  group: 'Images',
  summary: 'List the named images',
  positionals: [],
  options: [{ name: 'no-trunc', summary: 'Print whole digests' }],
  load: async (): Promise<RunModule> => (await import('../bundles/light.ts')).images,
} as const satisfies Command
