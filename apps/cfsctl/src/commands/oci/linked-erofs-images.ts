import type { Command } from '../../command.ts'

export const ociLinkedErofsImages = {
  words: ['oci', 'linked-erofs-images'],
  group: 'OCI images',
  summary: 'List the EROFS images of one image',
  description: [
    'Prints JSON: the EROFS image of that id and all others that were made of the same container image, with their format and kind.',
  ],
  positionals: [{ name: 'verity', completes: 'image-id', summary: 'Id of an EROFS image' }],
  options: [],
  exits: { 3: 'no container image has such an EROFS image' },
} as const satisfies Command
