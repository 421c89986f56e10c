import type { Command } from '../command.ts'

export const images = {
  words: ['images'],
  aliases: ['list-images'],
  group: 'Images',
  summary: 'List the named images',
  positionals: [],
  options: [{ name: 'no-trunc', summary: 'Print whole digests' }],
} as const satisfies Command
