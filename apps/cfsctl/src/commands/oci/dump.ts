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
} as const satisfies Command
