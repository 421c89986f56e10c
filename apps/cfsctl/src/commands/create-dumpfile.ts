import type { Command } from '../command.ts'
import { directoryOptions } from './shared-options.ts'

export const createDumpfile = {
  words: ['create-dumpfile'],
  group: 'Images',
  summary: 'Print the tree of a directory as a dump file',
  description: ['Nothing is stored. The dump is what mkcomposefs --from-file reads.'],
  positionals: [{ name: 'path', completes: 'directory', summary: 'The directory' }],
  options: directoryOptions,
} as const satisfies Command
