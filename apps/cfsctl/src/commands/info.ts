import type { Command, RunModule } from '../command.ts'

export const info = {
  words: ['info'],
  group: 'Repository',
  summary: 'Show what a repository is and what it holds',
  positionals: [],
  options: [],
  exits: { 3: 'no such repository' },
  load: async (): Promise<RunModule> => (await import('../bundles/light.ts')).info,
} as const satisfies Command
