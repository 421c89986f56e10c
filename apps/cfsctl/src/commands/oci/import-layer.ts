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
  examples: ['cfsctl oci import-layer sha256:DIGEST < layer.tar'],
  output: {
    diff_id: 'digest of the layer as a tar',
    verity: 'id of its stream',
    name: 'the name it was given',
    size: 'bytes of the tar',
    inline_size: 'bytes that are in the stream',
    objects_new: 'objects that were stored',
    objects_present: 'objects that were there already',
    bytes_stored: 'bytes of the new ones',
  },
  upstream: { words: 'oci import-layer' },
} as const satisfies Command
