import type { Command } from '../command.ts'
import { mountFields } from './output-fields.ts'
import { mountOptions } from './shared-options.ts'

export const mount = {
  words: ['mount'],
  group: 'Mounting',
  summary: 'Mount an image',
  description: [
    'The digest of the image is checked first. In a repository with fs-verity the kernel also checks every file that is read.',
  ],
  positionals: [
    { name: 'name', completes: 'image', summary: 'Id of the image, or its name' },
    { name: 'mountpoint', completes: 'directory', summary: 'A directory' },
  ],
  options: mountOptions,
  exits: {
    3: 'no such image',
    4: 'the image is not what its id says',
    5: 'mounting is not possible here',
  },
  examples: [
    'cfsctl mount refs/my/image /mnt',
    'cfsctl mount --upperdir up --workdir work --read-write refs/my/image /mnt',
  ],
  output: {
    ...mountFields,
  },
  upstream: {
    words: 'mount',
    options: ['fuse', 'foreground', 'upperdir', 'workdir', 'read-write'],
  },
} as const satisfies Command
