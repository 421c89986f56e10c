import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { unpack } from '../unpack.ts'
import type { ErrorRow } from './error-row.ts'

const HEX = 'f'.repeat(64)

/** Errors of the command line and of what it names. */
export const NAME_ROWS: readonly ErrorRow[] = [
  { code: 'usage', exit: 2, title: 'an unknown option', args: () => ['images', '--bogus'] },
  {
    code: 'usage',
    exit: 2,
    title: 'a word that is nearly a command',
    args: () => ['imagse'],
    hint: /images/,
  },
  { code: 'invalid-digest', exit: 2, title: 'a digest', args: () => ['oci', 'layer', 'xyz'] },
  { code: 'invalid-name', exit: 2, title: 'a name', args: () => ['cat', 'a/b'] },
  {
    code: 'invalid-name',
    exit: 2,
    title: 'no transport',
    args: () => ['oci', 'pull', 'quay.io/fedora/fedora:41'],
    hint: /did you mean docker:\/\/quay\.io\/fedora\/fedora:41\?/,
  },
  {
    code: 'repository-not-found',
    exit: 3,
    title: 'a repository, and the rule that chose it',
    args: () => ['--repo', '/nowhere', 'images'],
    message: /\/nowhere \(--repo\)/,
    hint: /cfsctl init \/nowhere makes one, --repo PATH/,
  },
  {
    code: 'repository-not-found',
    exit: 3,
    title: 'that of the user',
    args: () => ['--user', 'images'],
    environment: ({ scratch }) => ({ HOME: scratch, CFSCTL_REPO: '' }),
    message: /\.var\/lib\/composefs \(--user\)/,
    hint: /cfsctl init .*--repo PATH/,
  },
  {
    code: 'metadata-missing',
    exit: 3,
    title: 'an empty directory',
    args: ({ mountpoint }) => ['--repo', mountpoint, 'images'],
    hint: /cfsctl init/,
  },
  {
    code: 'metadata-missing',
    exit: 3,
    title: 'an old repository with --no-upgrade',
    spoil: ({ scratch }) =>
      unpack(join(vectorsDirectory, 'repo/repos/legacy-old-headers.tar'), scratch),
    args: ({ scratch }) => [
      '--repo',
      join(scratch, 'legacy-old-headers'),
      '--no-upgrade',
      'oci',
      'images',
    ],
    hint: /leave out --no-upgrade/,
  },
  {
    code: 'image-not-found',
    exit: 3,
    title: 'a name that is nearly one',
    args: () => ['image-objects', 'imgg'],
    hint: /did you mean refs\/img\?/,
  },
  {
    code: 'image-not-found',
    exit: 3,
    title: 'a tag',
    args: ({ mountpoint }) => ['mount', 'app:1', mountpoint],
    hint: /cfsctl oci mount app:1/,
  },
  {
    code: 'tag-not-found',
    exit: 3,
    title: 'a tag that is nearly one',
    args: () => ['oci', 'inspect', 'ap:1'],
    hint: /did you mean app:1\?/,
  },
  { code: 'layer-not-found', exit: 3, title: 'a layer', args: () => ['oci', 'layer', HEX] },
  { code: 'stream-not-found', exit: 3, title: 'a stream', args: () => ['cat', 'nope'] },
  {
    code: 'path-not-found',
    exit: 3,
    title: 'a path in an image',
    args: () => ['dump-files', 'img', '/nope'],
  },
  {
    code: 'source-not-found',
    exit: 3,
    title: 'a layout',
    args: () => ['oci', 'pull', 'oci:/nowhere:x'],
  },
  {
    code: 'not-a-mount',
    exit: 1,
    title: 'a directory',
    args: ({ mountpoint }) => ['umount', mountpoint],
  },
  {
    code: 'target-exists',
    exit: 1,
    title: 'an archive',
    spoil: ({ scratch }) => writeFileSync(scratch, 'mine'),
    args: ({ scratch }) => ['oci', 'export', 'app:1', `oci-archive:${scratch}`],
    hint: /--force/,
  },
  {
    code: 'feature-unsupported',
    exit: 5,
    title: 'a command of a later release',
    args: () => ['varlink'],
  },
  {
    code: 'io-error',
    exit: 1,
    title: 'a directory that is not there',
    args: () => ['create-image', '/nowhere'],
    message: /^\/nowhere: no such file or directory$/,
  },
]
