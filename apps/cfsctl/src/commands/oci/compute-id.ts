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
} as const satisfies Command
