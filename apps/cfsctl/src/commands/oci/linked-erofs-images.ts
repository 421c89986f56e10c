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
  examples: ['cfsctl oci linked-erofs-images "$(cfsctl oci compute-id fedora:41)"'],
  output: {
    '[].id': 'id of an EROFS image',
    '[].bootable': 'whether it is the boot variant',
    '[].version': 'its format',
    '[].xattrMode': 'which extended attributes it has',
  },
  upstream: { words: 'oci linked-erofs-images' },
} as const satisfies Command
