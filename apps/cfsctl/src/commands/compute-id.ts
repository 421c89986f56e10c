import type { Command } from '../command.ts'
import { directoryOptions } from './shared-options.ts'

export const computeId = {
  words: ['compute-id'],
  group: 'Images',
  summary: 'Print the id of the image of a directory',
  description: [
    'Nothing is stored, and no repository is needed: if there is one, only the hash it has is used.',
  ],
  positionals: [{ name: 'path', completes: 'directory', summary: 'The directory' }],
  options: directoryOptions,
} as const satisfies Command
