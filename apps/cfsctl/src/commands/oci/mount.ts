import type { Command } from '../../command.ts'
import { mountFields } from '../output-fields.ts'
import { bootableOption, mountOptions } from '../shared-options.ts'
import { imageArgument } from './image-argument.ts'

export const ociMount = {
  words: ['oci', 'mount'],
  group: 'OCI images',
  summary: 'Mount the EROFS image of an image',
  description: ['The label of a sealed image must not contradict the image that is mounted.'],
  positionals: [
    imageArgument,
    { name: 'mountpoint', completes: 'directory', summary: 'A directory' },
  ],
  options: [bootableOption, ...mountOptions],
  exits: {
    1: 'the image has no EROFS image',
    3: 'no such image',
    4: 'the label contradicts the image',
    5: 'mounting is not possible here',
  },
  examples: ['cfsctl oci mount fedora:41 /mnt'],
  output: {
    ...mountFields,
  },
  upstream: {
    words: 'oci mount',
    options: ['bootable', 'fuse', 'foreground', 'upperdir', 'workdir', 'read-write'],
  },
} as const satisfies Command
