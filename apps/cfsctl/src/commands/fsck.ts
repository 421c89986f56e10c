import type { Command } from '../command.ts'
import { platformOption, sourceOptions } from './network-options.ts'

export const fsck = {
  words: ['fsck'],
  group: 'Repository',
  summary: 'Check a repository: objects, streams, images and their names',
  description: [
    'Every object is compared with the digest that is its name: by the kernel where it has fs-verity, else its content ' +
      'is read. Streams and images are opened, and everything they refer to has to be there. Nothing is written.',
    'With --repair the images are checked too, and what is wrong is brought in order again: bad objects are put aside ' +
      'in quarantine/, what is missing is fetched, layer by layer, or taken from another repository object by object, ' +
      'and EROFS images are made again. Without --from, layers come from where an image was pulled, if that is its tag. ' +
      'Nobody else can use the repository meanwhile.',
  ],
  positionals: [],
  options: [
    { name: 'metadata-only', summary: 'Leave out the objects: only names, streams and images' },
    { name: 'fail', summary: 'With --json: exit 4 when something is wrong, as without --json' },
    {
      name: 'repair',
      excludes: ['metadata-only'],
      summary: 'Bring in order what is wrong, and check again',
    },
    {
      name: 'from',
      completes: 'source-or-repository',
      value: { kind: 'text', label: 'REF|REPO' },
      repeat: true,
      requires: ['repair'],
      summary: 'An image or a repository that has what is missing; may be given more than once',
    },
    {
      name: 'content',
      requires: ['repair'],
      summary: 'Compare the content of all layers with their digests, too',
    },
    platformOption,
    ...sourceOptions,
  ],
  exits: {
    3: 'no such repository',
    4: 'something is wrong, with --repair: after the repair',
  },
  examples: [
    'cfsctl fsck',
    'cfsctl --json fsck --fail',
    'cfsctl fsck --repair',
    'cfsctl fsck --repair --from docker://quay.io/fedora/fedora:41',
  ],
} as const satisfies Command
