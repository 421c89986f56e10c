import type { Command } from '../command.ts'

export const imageObjects = {
  words: ['image-objects'],
  group: 'Images',
  summary: 'List the objects that an image needs',
  positionals: [{ name: 'name', completes: 'image', summary: 'Id of the image, or its name' }],
  options: [],
  exits: { 3: 'no such image' },
} as const satisfies Command
