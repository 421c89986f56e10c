import type { Command } from '../../command.ts'
import { bootableOption, xattrsOption } from '../shared-options.ts'
import { imageArgument, strictOption, verityArgument } from './image-argument.ts'

export const ociComputeId = {
  words: ['oci', 'compute-id'],
  group: 'OCI images',
  summary: 'Compute the id of an image',
  positionals: [imageArgument, verityArgument],
  options: [bootableOption, xattrsOption, strictOption],
  exits: { 3: 'no such image' },
  examples: ['cfsctl oci compute-id fedora:41', 'cfsctl oci compute-id --bootable fedora:41'],
  output: {
    image_id: 'fs-verity digest of the image',
    algorithm: 'its hash',
    erofs_version: 'its format',
    bootable: 'whether it is the boot variant',
    xattrs: 'which extended attributes were kept',
  },
  upstream: { words: 'oci compute-id', options: ['bootable', 'xattrs'] },
} as const satisfies Command
