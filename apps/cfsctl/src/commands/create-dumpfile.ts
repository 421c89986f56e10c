import type { Command } from '../command.ts'
import { directoryOptions } from './shared-options.ts'

export const createDumpfile = {
  words: ['create-dumpfile'],
  group: 'Images',
  summary: 'Print the tree of a directory as a dump file',
  description: ['Nothing is stored. The dump is what mkcomposefs --from-file reads.'],
  positionals: [{ name: 'path', completes: 'directory', summary: 'The directory' }],
  options: directoryOptions,
  exits: { 1: 'the directory makes no image' },
  examples: ['cfsctl create-dumpfile /srv/rootfs > rootfs.dump'],
  upstream: {
    words: 'create-dumpfile',
    options: ['bootable', 'no-propagate-usr-to-root', 'xattrs'],
  },
} as const satisfies Command
