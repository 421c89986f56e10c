import type { Command } from '../command.ts'

export const mounts = {
  words: ['mounts'],
  group: 'Mounting',
  summary: 'List the composefs mounts',
  description: [
    'The mounts of this mount namespace, whoever made them. The id of an image is that in the source, else of the one image in the repository of its objects that looks like what is mounted; unknown if there is none, or an upper directory covers it.',
  ],
  positionals: [],
  options: [{ name: 'no-trunc', summary: 'Print whole digests' }],
  output: {
    'mounts[].mountpoint': 'where it is mounted',
    'mounts[].source': 'source of the mount',
    'mounts[].image_id': 'fs-verity digest of the image',
    'mounts[].verity': '`require`: the kernel checks every file that is read; else `off`',
    'mounts[].mode': '`kernel`, `fuse` or `fuse-overlay`',
  },
  examples: ['cfsctl mounts', 'cfsctl --json mounts'],
} as const satisfies Command
