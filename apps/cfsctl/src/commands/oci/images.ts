import type { Command } from '../../command.ts'

export const ociImages = {
  words: ['oci', 'images'],
  group: 'OCI images',
  summary: 'List the tagged images',
  positionals: [],
  options: [],
  exits: { 3: 'no such repository' },
  examples: ['cfsctl oci images', 'cfsctl --json oci images'],
  output: {
    'images[].name': 'the tag',
    'images[].manifest_digest': 'digest of the manifest',
    'images[].is_container': 'false for artifacts',
    'images[].architecture': 'processor it is for',
    'images[].os': 'system it is for',
    'images[].created': 'when it was made',
    'images[].layer_count': 'number of layers',
    'images[].referrer_count': 'number of stored artifacts that refer to it',
    'images[].manifest_verity': 'id of the stream of the manifest',
    'images[].composefs_erofs': 'id of its EROFS image',
    'images[].sealed': 'id in its label',
  },
  upstream: { words: 'oci images' },
} as const satisfies Command
