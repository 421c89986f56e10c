import type { Command } from '../command.ts'
import { comparedDescription, comparedPositionals } from './compared-operands.ts'
import { directoryOptions } from './shared-options.ts'

export const diff = {
  words: ['diff'],
  group: 'Images',
  summary: 'Show how two images differ',
  description: [
    'Names what B has and A has not (+), what A has and B has not (-), and what is not the same (~), with what is not the same about it; and how much of B somebody who has A would have to fetch.',
    ...comparedDescription,
  ],
  positionals: comparedPositionals,
  options: [
    { name: 'stat', summary: 'Numbers only, by directory' },
    { name: 'exit-code', summary: 'Exit with 1 when there are differences, as diff does' },
    ...directoryOptions,
  ],
  exits: { 1: 'with --exit-code: there are differences; else: failed', 3: 'no such image' },
  examples: [
    'cfsctl diff app:1.0 app:1.1',
    'cfsctl diff --stat image:refs/base dir:/srv/rootfs',
    'cfsctl --json diff old.erofs new.dump',
  ],
} as const satisfies Command
