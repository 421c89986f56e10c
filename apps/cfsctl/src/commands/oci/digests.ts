import type { Command, RunModule } from '../../command.ts'
import { bootableOption, xattrsOption } from '../shared-options.ts'
import { strictOption } from './image-argument.ts'

export const ociDigests = {
  words: ['oci', 'digests'],
  group: 'OCI images',
  summary: 'Compute the ids of an image without storing it',
  description: [
    'Reads each layer once, checks every digest, and keeps nothing: the ids are those that a pull into a repository of each hash and format would give. --hash and --erofs-version choose among them. No repository is needed, and no file is written, except that an archive that is compressed as a whole is unpacked in the temporary directory while it is read.',
    'With --all-platforms, layers that images have in common are read for each of them.',
  ],
  positionals: [
    { name: 'image', summary: 'Where the image is: oci:DIRECTORY[:TAG] or oci-archive:FILE[:TAG]' },
  ],
  options: [
    bootableOption,
    xattrsOption,
    {
      name: 'platform',
      value: { kind: 'text', label: 'OS/ARCH[/VARIANT]' },
      summary: 'Which image of an index; default: this machine',
    },
    {
      name: 'all-platforms',
      excludes: ['platform'],
      summary: 'Every image of an index',
    },
    strictOption,
  ],
  exits: {
    1: 'the image is damaged or makes no tree',
    3: 'no such image',
    4: 'a digest is wrong',
    5: 'a transport of a later release',
  },
  examples: ['cfsctl oci digests oci:fedora:41', 'cfsctl --hash sha512 oci digests oci:fedora:41'],
  load: (): Promise<RunModule> => import('./digests-run.ts'),
} as const satisfies Command
