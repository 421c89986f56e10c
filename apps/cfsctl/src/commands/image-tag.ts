import type { Command } from '../command.ts'
import { nameFields } from './output-fields.ts'

export const imageTag = {
  words: ['image', 'tag'],
  group: 'Images',
  summary: 'Give an image another name',
  description: ['A name that is taken moves to the image.'],
  positionals: [
    { name: 'image', completes: 'image', summary: 'Its id, or a name it has' },
    { name: 'name', completes: 'image-name', summary: 'The new name' },
  ],
  options: [],
  exits: { 3: 'no such image' },
  examples: ['cfsctl image tag my/image my/other'],
  output: {
    ...nameFields,
  },
} as const satisfies Command
