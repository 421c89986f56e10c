import type { Command } from '../command.ts'
import { comparedDescription, comparedPositionals } from './compared-operands.ts'
import { directoryOptions } from './shared-options.ts'

export const explain = {
  words: ['explain'],
  group: 'Images',
  summary: 'Tell why two images differ',
  description: [
    'For images that should be the same and have two ids. Names the first rule that they differ by, the entries concerned and what to do about it, then the other rules. Where the trees are the same, the images themselves are compared.',
    ...comparedDescription,
  ],
  positionals: comparedPositionals,
  options: directoryOptions,
  exits: { 3: 'no such image' },
  examples: [
    'cfsctl explain app:1.0 image:refs/app',
    'cfsctl explain theirs.dump app:1.0',
    'cfsctl --json explain v1.erofs v2.erofs',
  ],
} as const satisfies Command
