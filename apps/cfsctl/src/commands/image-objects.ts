import type { Command } from '../command.ts'

export const imageObjects = {
  words: ['image-objects'],
  group: 'Images',
  summary: 'List the objects that an image needs',
  positionals: [{ name: 'name', completes: 'image', summary: 'Id of the image, or its name' }],
  options: [],
  exits: { 3: 'no such image' },
  examples: ['cfsctl image-objects refs/my/image'],
  output: {
    id: 'id of the image',
    'objects[]': 'ids of the objects',
  },
  upstream: { words: 'image-objects' },
} as const satisfies Command
