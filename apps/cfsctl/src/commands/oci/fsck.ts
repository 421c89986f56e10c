import type { Command } from '../../command.ts'
import { ociCheckFields } from '../output-fields.ts'

export const ociFsck = {
  words: ['oci', 'fsck'],
  group: 'OCI images',
  summary: 'Check a repository and the images in it',
  description: [
    'First the repository is checked as by fsck, then every tagged image, or the one that is named: its manifest and config against their digests, its layers and what they need, its EROFS images, and its seal.',
    'With --content all layers are read, and compared with their digests: this finds what a program that does not check has stored.',
  ],
  positionals: [
    {
      name: 'image',
      completes: 'tag',
      optional: true,
      summary: 'Check the image of this tag alone',
    },
  ],
  options: [
    { name: 'content', summary: 'Read all layers, and compare their content with their digests' },
    { name: 'metadata-only', summary: 'Leave out the objects: only names, streams and images' },
    { name: 'fail', summary: 'With --json: exit 4 when something is wrong, as without --json' },
  ],
  exits: { 3: 'no such repository or tag', 4: 'something is wrong' },
  examples: ['cfsctl oci fsck', 'cfsctl oci fsck --content app:1.0'],
  output: {
    ...ociCheckFields,
    duration_ms: 'time it took',
  },
  upstream: { words: 'oci fsck' },
} as const satisfies Command
