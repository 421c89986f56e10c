import type { Command } from '../command.ts'

export const info = {
  words: ['info'],
  group: 'Repository',
  summary: 'Show what a repository is and what it holds',
  positionals: [],
  options: [],
  exits: { 3: 'no such repository' },
} as const satisfies Command
