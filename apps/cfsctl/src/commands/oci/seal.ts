import type { Command } from '../../command.ts'
import { imageArgument } from './image-argument.ts'

export const ociSeal = {
  words: ['oci', 'seal'],
  group: 'OCI images',
  summary: 'Write the id of an image into its config',
  description: [
    'The label containers.composefs.fsverity is set, all other text stays. Config and manifest get new digests, and the tag moves to the new manifest. An image that is sealed already stays as it is.',
  ],
  positionals: [imageArgument],
  options: [
    {
      name: 'tag',
      completes: 'tag',
      value: { kind: 'text', label: 'NAME' },
      summary: 'Give the sealed image this tag; default: the one that IMAGE is',
    },
  ],
  exits: { 3: 'no such image' },
} as const satisfies Command
