import type { Command } from '../../command.ts'
import { platformOption, sourceOptions } from '../network-options.ts'
import { bootableOption, xattrsOption } from '../shared-options.ts'
import { strictOption } from './image-argument.ts'

export const ociDigests = {
  words: ['oci', 'digests'],
  group: 'OCI images',
  summary: 'Compute the ids of an image without storing it',
  description: [
    'IMAGE is named as for a pull. Each layer is read once, every digest is checked, and nothing is kept: the ids are those that a pull into a repository of each hash and format would give. --hash and --erofs-version choose among them.',
    'No repository is needed, and no file is written, except that an archive that is compressed as a whole is unpacked in the temporary directory while it is read. With --all-platforms, layers that images have in common are read for each of them.',
  ],
  positionals: [
    {
      name: 'image',
      completes: 'source',
      summary: 'Where the image is: docker://NAME, oci:DIRECTORY[:TAG], …',
    },
  ],
  options: [
    bootableOption,
    xattrsOption,
    platformOption,
    {
      name: 'all-platforms',
      excludes: ['platform'],
      summary: 'Every image of an index',
    },
    strictOption,
    ...sourceOptions,
  ],
  exits: {
    1: 'the image is damaged or makes no tree',
    3: 'no such image',
    4: 'a digest is wrong',
    6: 'the registry does not answer',
  },
  examples: [
    'cfsctl oci digests docker://quay.io/fedora/fedora:41',
    'cfsctl --hash sha512 oci digests oci:fedora:41',
  ],
  output: {
    image_ref: 'the image as it was named',
    manifest_digest: 'digest of the manifest',
    'ids[].algorithm': 'a hash',
    'ids[].erofs_version': 'a format',
    'ids[].bootable': 'whether it is the boot variant',
    'ids[].xattrs': 'which extended attributes are kept',
    'ids[].image_id': 'the id with all these',
    config_digest: 'digest of the config',
    docker_manifest_digest: 'digest of the Docker manifest that was converted',
    platform: 'the image that was chosen from an index',
    'images[]': 'with --all-platforms: the same for each image',
  },
} as const satisfies Command
