import type { Command } from '../command.ts'
import { comparedFields, differenceFields } from './compared-fields.ts'
import { comparedDescription, comparedPositionals } from './compared-operands.ts'
import { within } from './output-fields.ts'
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
    ...comparedFields,
    rule: 'the first rule that the two differ by; null where they do not',
    'rules[].rule': 'a rule, those first that explain most',
    'rules[].side': '`a` or `b`: where it was applied; null where it is no single one',
    'rules[].summary': 'the rule in words',
    'rules[].count': 'entries or layers that it explains',
    'rules[].examples[].kind': '`entry` of the trees, `layer`, or `image`: a place in the images',
    ...within('rules[].examples[]', differenceFields),
    'rules[].examples[].layer': 'of a layer: its number; `a` and `b` are diff ids',
    'rules[].examples[].field': 'of a place in the images; `a` and `b` say what is there',
    'rules[].fix': 'what would most likely make them the same',
    'reproducible.a': 'of images with one tree: whether A is what this program writes of it',
    'reproducible.b': 'the same of B',
  },
  output: {
    'a.name': 'A as it was named',
    'a.kind': 'what it is',
    'a.id': 'its id, where it is an image',
    'a.algorithm': 'its hash',
    'a.erofs_version': 'its format',
    'b.name': 'B as it was named',
    'b.kind': 'what it is',
    'b.id': 'its id, where it is an image',
    'b.algorithm': 'its hash',
    'b.erofs_version': 'its format',
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
