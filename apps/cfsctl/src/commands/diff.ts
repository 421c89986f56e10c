import type { Command } from '../command.ts'
import { comparedDescription, comparedOutput, comparedPositionals } from './compared-operands.ts'
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
  output: {
    ...comparedOutput,
    same: 'whether there is no difference',
    'counts.added': 'entries that only B has',
    'counts.removed': 'entries that only A has',
    'counts.changed': 'entries that are not the same',
    'counts.parts': 'those by what is not the same about them',
    'fetch.objects': 'objects of B that A does not have',
    'fetch.bytes': 'their bytes',
    'fetch.objects_needed': 'objects of B',
    'fetch.bytes_needed': 'their bytes',
    'changes[].path': 'path of an entry',
    'changes[].change': '`added`, `removed` or `changed`',
    'changes[].parts[]': 'what is not the same about it',
    'changes[].a': 'the entry in A, with the fields of dump-files',
    'changes[].b': 'the entry in B',
  },
} as const satisfies Command
