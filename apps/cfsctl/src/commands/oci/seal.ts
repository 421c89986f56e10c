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
  examples: ['cfsctl oci seal app:1.0', 'cfsctl oci seal --tag app:sealed app:1.0'],
  output: {
    source_config: 'digest of the config before',
    config_digest: 'digest of the config',
    config_verity: 'id of its stream',
    manifest_digest: 'digest of the manifest',
    manifest_verity: 'id of its stream',
    image_id: 'the id in the label',
    label: 'name of the label',
    tag: 'the tag that leads there',
    changed: 'whether it had not been sealed before',
  },
} as const satisfies Command
