import type { Command } from '../command.ts'
import { comparedDescription, comparedOutput, comparedPositionals } from './compared-operands.ts'
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
  output: {
    ...comparedOutput,
    rule: 'the first rule that they differ by',
    'rules[].rule': 'a rule',
    'rules[].side': 'which of the two goes by it',
    'rules[].summary': 'the rule in words',
    'rules[].count': 'entries concerned',
    'rules[].examples[]': 'some of them',
    'rules[].fix': 'what to do about it',
    reproducible: 'whether the images are made of the trees by a known writer',
  },
} as const satisfies Command
