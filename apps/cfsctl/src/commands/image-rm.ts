import type { Command } from '../command.ts'
import { nameFields } from './output-fields.ts'

export const imageRm = {
  words: ['image', 'rm'],
  group: 'Images',
  summary: 'Remove names of images',
  description: [
    'What no other name needs is removed by the next gc. A name that leads nowhere can be removed too.',
  ],
  positionals: [
    { name: 'name', completes: 'image-name', repeat: true, summary: 'Names, as images lists them' },
  ],
  options: [],
  exits: { 3: 'no such name, none has been removed' },
  examples: ['cfsctl image rm my/image'],
  output: {
    ...nameFields,
    'images[].name': 'the same for each, where there are several',
    'images[].digest': 'what it led to',
    'images[].changed': 'whether it was there',
  },
} as const satisfies Command
