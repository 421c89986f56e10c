import type { Command } from '../command.ts'

export const images = {
  words: ['images'],
  aliases: ['list-images'],
  group: 'Images',
  summary: 'List the named images',
  positionals: [],
  options: [{ name: 'no-trunc', summary: 'Print whole digests' }],
  exits: { 3: 'no such repository' },
  examples: ['cfsctl images --no-trunc', 'cfsctl --format plain images | cut -f 1'],
  output: {
    'images[].name': 'name of the image',
    'images[].digest': 'its id',
    'images[].size': 'its bytes',
    'images[].erofs_version': 'its format',
  },
  upstream: { words: 'images', options: ['no-trunc'] },
} as const satisfies Command
