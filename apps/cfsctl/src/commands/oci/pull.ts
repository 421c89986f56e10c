import type { Command, RunModule } from '../../command.ts'
import { strictOption } from './image-argument.ts'

export const ociPull = {
  words: ['oci', 'pull'],
  group: 'OCI images',
  summary: 'Fetch an image, store it, and tag it',
  description: [
    'IMAGE is named with its transport: oci:DIRECTORY[:TAG] for a layout, oci-archive:FILE[:TAG] for a tar of one. Every digest is checked. Layers that are stored already are not read again.',
  ],
  positionals: [
    { name: 'image', summary: 'Where the image is: oci:DIRECTORY[:TAG] or oci-archive:FILE[:TAG]' },
    { name: 'name', optional: true, summary: 'The tag; default: IMAGE as it is typed' },
  ],
  options: [
    { name: 'bootable', planned: true, summary: 'Also make the boot variant' },
    {
      name: 'expected-digest',
      value: { kind: 'text', label: 'HEX' },
      requires: ['bootable'],
      planned: true,
      summary: 'Look for the settings that make a boot variant of this id',
    },
    {
      name: 'local-fetch',
      value: { kind: 'choice', choices: ['disabled', 'auto', 'zerocopy'], label: 'MODE' },
      planned: ['zerocopy'],
      summary: 'How images of containers-storage are read',
    },
    {
      name: 'platform',
      value: { kind: 'text', label: 'OS/ARCH[/VARIANT]' },
      summary: 'Which image of an index; default: this machine',
    },
    { name: 'no-tag', summary: 'Give it no tag; the next gc removes it' },
    strictOption,
    {
      name: 'repair',
      summary: 'Check what is stored already, and fetch what is broken',
    },
    { name: 'verify-layers', summary: 'Hash layers that are stored already' },
    {
      name: 'keep-blobs',
      summary: 'Keep packed layers as they came, too, so that export and push change no byte',
    },
    {
      name: 'referrers',
      summary: 'Also fetch what refers to the image: signatures, attestations and the like',
    },
    { name: 'dry-run', summary: 'Tell what would be fetched, and store nothing' },
  ],
  exits: {
    1: 'the image is damaged or makes no tree',
    3: 'no such image',
    4: 'a digest is wrong',
    5: 'a transport of a later release',
  },
  examples: [
    'skopeo copy docker://quay.io/fedora/fedora:41 oci:fedora:41',
    'cfsctl oci pull oci:fedora:41 fedora:41',
  ],
  load: (): Promise<RunModule> => import('./pull-run.ts'),
} as const satisfies Command
