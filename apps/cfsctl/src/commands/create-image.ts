import type { Command } from '../command.ts'
import { imageFields } from './output-fields.ts'
import { directoryOptions, imageFormatNote } from './shared-options.ts'

export const createImage = {
  words: ['create-image'],
  group: 'Images',
  summary: 'Store a directory as an image',
  description: [
    'Files of more than 64 bytes become objects. The tree is changed as that of a container image: / gets the metadata of /usr, /run is emptied, and only security.capability stays of the extended attributes.',
    imageFormatNote,
  ],
  positionals: [
    { name: 'path', completes: 'directory', summary: 'The directory' },
    {
      name: 'name',
      completes: 'image-name',
      optional: true,
      summary: 'Name for the image; without one the next gc removes it',
    },
  ],
  options: directoryOptions,
  exits: { 3: 'no such repository' },
  examples: ['cfsctl create-image /srv/rootfs my/image'],
  output: {
    ...imageFields,
  },
  upstream: { words: 'create-image', options: ['bootable', 'no-propagate-usr-to-root', 'xattrs'] },
} as const satisfies Command
