import type { Command } from '../../command.ts'
import { imageArgument } from './image-argument.ts'

export const ociInspect = {
  words: ['oci', 'inspect'],
  group: 'OCI images',
  summary: 'Show manifest, config and ids of an image',
  positionals: [imageArgument],
  options: [
    { name: 'manifest', excludes: ['config'], summary: 'Only the manifest, as it is stored' },
    { name: 'config', summary: 'Only the config, as it is stored' },
  ],
  exits: { 3: 'no such image' },
} as const satisfies Command
