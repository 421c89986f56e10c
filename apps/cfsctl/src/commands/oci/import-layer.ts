import type { Command } from '../../command.ts'
import { layerSizeOption } from './image-argument.ts'

export const ociImportLayer = {
  words: ['oci', 'import-layer'],
  group: 'OCI images',
  summary: 'Store a tar from standard input',
  description: [
    'The tar has to have the digest. It may be compressed; the digest is that of what comes out.',
  ],
  positionals: [
    { name: 'digest', completes: 'layer', summary: 'Diff id: sha256:DIGEST of the tar' },
    {
      name: 'name',
      completes: 'stream-name',
      optional: true,
      summary: 'Name for the stream, below streams/refs',
    },
  ],
  options: [layerSizeOption],
  exits: { 1: 'not a tar that can be a layer', 4: 'the tar has another digest' },
} as const satisfies Command
