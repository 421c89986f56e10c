import type { Command } from '../../command.ts'
import { bootableOption, xattrsOption } from '../shared-options.ts'
import { imageArgument, strictOption, verityArgument } from './image-argument.ts'

export const ociDump = {
  words: ['oci', 'dump'],
  group: 'OCI images',
  summary: 'Print the tree of an image as a dump file',
  positionals: [imageArgument, verityArgument],
  options: [bootableOption, xattrsOption, strictOption],
  exits: { 3: 'no such image' },
  examples: ['cfsctl oci dump fedora:41 > fedora.dump'],
  upstream: { words: 'oci dump', options: ['bootable', 'xattrs'] },
} as const satisfies Command
