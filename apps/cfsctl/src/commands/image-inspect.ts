import type { Command } from '../command.ts'

export const imageInspect = {
  words: ['image', 'inspect'],
  group: 'Images',
  summary: 'Show what an image is',
  description: [
    'Tells its format, what is in it, the objects it needs, the names it has and the container images that it was made of.',
  ],
  positionals: [{ name: 'image', summary: 'Its id, or a name it has' }],
  options: [],
  exits: { 3: 'no such image' },
  examples: ['cfsctl image inspect my/image', 'cfsctl --json image inspect sha512:ID'],
} as const satisfies Command
