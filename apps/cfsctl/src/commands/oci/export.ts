import type { Command } from '../../command.ts'
import { sentFields } from '../output-fields.ts'
import { compressionOption } from './compression-option.ts'
import { imageArgument } from './image-argument.ts'

export const ociExport = {
  words: ['oci', 'export'],
  group: 'OCI images',
  summary: 'Write an image to a layout or archive',
  description: [
    'TARGET is oci:DIRECTORY[:TAG] for a layout, a new one or one with other images, oci-archive:FILE[:TAG], or docker-archive:FILE[:NAME] for docker load. A tag that is in a layout moves to the image; an archive that is there stays, unless --force is given. Nothing is visible before all is written.',
    'The manifest stays byte for byte where all layers can be had as they were: plain ones, those that pull --keep-blobs has kept, and those that the layout has. Others are packed anew, the same way each time, and the manifest with them is another one. The config never changes, and with it a seal. Docker archives hold plain layers.',
  ],
  positionals: [
    imageArgument,
    {
      name: 'target',
      completes: 'export-target',
      summary: 'Where to: oci:DIRECTORY[:TAG], oci-archive:FILE[:TAG], …',
    },
  ],
  options: [{ name: 'force', summary: 'Replace an archive that is there' }, compressionOption],
  exits: {
    1: 'no room, or an archive is there and --force is not given',
    3: 'no such image or repository',
    4: 'a digest is wrong',
    130: 'interrupted; nothing is left of it',
  },
  examples: [
    'cfsctl oci export app:1.0 oci:/srv/layout:app',
    'cfsctl oci export app:1.0 docker-archive:app.tar:app:1.0',
  ],
  output: {
    ...sentFields,
  },
} as const satisfies Command
