import type { Command } from '../command.ts'
import { imageFields } from './output-fields.ts'
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
  exits: { 1: 'the directory makes no image' },
  examples: [
    'cfsctl compute-id /srv/rootfs',
    'cfsctl --no-repo --hash sha256 compute-id /srv/rootfs',
  ],
  output: {
    ...imageFields,
  },
  upstream: { words: 'compute-id', options: ['bootable', 'no-propagate-usr-to-root', 'xattrs'] },
} as const satisfies Command
