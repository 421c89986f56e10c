import type { Command } from '../command.ts'

export const init = {
  words: ['init'],
  group: 'Repository',
  summary: 'Make a repository',
  description: [
    'Makes the directory and a meta.json that says which hash and which image format the repository has. Same settings again are fine.',
    'By default fs-verity is enabled on meta.json, and from then on on every object: the kernel then checks each file that is read. That needs a file system with fs-verity.',
  ],
  positionals: [
    {
      name: 'path',
      completes: 'directory',
      optional: true,
      summary: 'Where; default: as --repo, --user, --system say',
    },
  ],
  options: [
    {
      name: 'algorithm',
      value: {
        kind: 'choice',
        choices: ['fsverity-sha256-12', 'fsverity-sha512-12'],
        label: 'NAME',
      },
      summary: 'fsverity-sha512-12 (the default) or fsverity-sha256-12',
    },
    {
      name: 'insecure',
      excludes: ['require-verity'],
      summary: 'Make a repository without fs-verity',
    },
    { name: 'ensure', summary: 'Keep a repository that is there, whatever its settings' },
    {
      name: 'reset-metadata',
      summary: 'First remove streams, images and meta.json; objects stay',
    },
    {
      name: 'erofs-version',
      value: { kind: 'integer', label: 'N', min: 0, max: 2 },
      summary: 'Format of the images in this repository; default 1',
    },
  ],
  exits: {
    1: 'another repository is there',
    5: 'the file system has no fs-verity',
  },
  examples: [
    'cfsctl init /srv/composefs',
    'cfsctl init --insecure --algorithm fsverity-sha256-12 ./repository',
  ],
  output: {
    path: 'where the repository is',
    status: '`created`, `already`, `opened` or `upgraded`',
    algorithm: 'its hash',
    erofs_default: 'format of the images that are made',
    'erofs_extra[]': 'formats that are made, too',
    secure: 'whether it is made with fs-verity',
  },
  upstream: {
    words: 'init',
    options: ['algorithm', 'insecure', 'ensure', 'reset-metadata', 'erofs-version'],
  },
} as const satisfies Command
