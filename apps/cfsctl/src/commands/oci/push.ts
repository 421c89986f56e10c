import type { Command } from '../../command.ts'
import { registryOptions } from '../network-options.ts'
import { sentFields } from '../output-fields.ts'
import { compressionOption } from './compression-option.ts'
import { imageArgument } from './image-argument.ts'

export const ociPush = {
  words: ['oci', 'push'],
  group: 'OCI images',
  summary: 'Send an image to a registry',
  description: [
    'TARGET is docker://HOST/NAME[:TAG][@DIGEST]. Blobs that the registry has are not sent, and those that it has in a repository that the image was pulled from are mounted. A digest is what the manifest has to have.',
    'The manifest stays byte for byte where all layers can be had as they were: plain ones, those that pull --keep-blobs has kept, and those that the registry has. Others are packed anew, the same way each time, and the manifest with them is another one. The config never changes, and with it a seal.',
  ],
  positionals: [
    imageArgument,
    { name: 'target', completes: 'push-target', summary: 'Where to: docker://HOST/NAME[:TAG]' },
  ],
  options: [compressionOption, ...registryOptions],
  exits: {
    1: 'no room to pack a layer, or no registry',
    3: 'no such image or repository',
    4: 'a digest is wrong',
    5: 'not permitted',
    6: 'the registry is silent or busy; try later',
    130: 'interrupted; the registry keeps what is complete',
  },
  examples: ['cfsctl oci push app:1.0 docker://quay.io/example/app:1.0'],
  output: {
    ...sentFields,
  },
} as const satisfies Command
