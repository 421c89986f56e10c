import type { Command } from '../command.ts'

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
} as const satisfies Command
