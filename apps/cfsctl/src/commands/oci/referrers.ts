import type { Command } from '../../command.ts'
import { imageArgument } from './image-argument.ts'

export const ociReferrers = {
  words: ['oci', 'referrers'],
  group: 'OCI images',
  summary: 'List what refers to an image',
  description: [
    'Signatures, attestations and the like that are in the repository, and what refers to those. oci pull --referrers fetches them.',
  ],
  positionals: [imageArgument],
  options: [],
  exits: { 3: 'no such image' },
  examples: ['cfsctl oci referrers app:1.0'],
  output: {
    manifest_digest: 'digest of the manifest',
    subject: 'digest that the referrers name',
    'referrers[].digest': 'digest of an artifact',
    'referrers[].subject': 'what it refers to',
    'referrers[].artifact_type': 'what it is',
    'referrers[].media_type': 'media type of its manifest',
    'referrers[].size': 'bytes of its manifest',
    'referrers[].annotations': 'its annotations by name',
    'referrers[].layers[].digest': 'digest of a blob',
    'referrers[].layers[].media_type': 'its media type',
    'referrers[].layers[].size': 'its bytes',
  },
} as const satisfies Command
