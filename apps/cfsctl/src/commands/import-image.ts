import type { Command } from '../command.ts'
import { imageFields } from './output-fields.ts'

export const importImage = {
  words: ['import-image'],
  group: 'Images',
  summary: 'Store an image from standard input',
  description: [
    'The image is checked: it has to be a composefs image of the hash of the repository.',
  ],
  positionals: [{ name: 'name', completes: 'image-name', summary: 'Name for the image' }],
  options: [],
  exits: { 1: 'not a composefs image' },
  examples: ['mkcomposefs --digest-store=objects tree - | cfsctl import-image my/image'],
  output: {
    ...imageFields,
  },
  upstream: { words: 'import-image' },
} as const satisfies Command
