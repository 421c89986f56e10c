import {
  appendFileSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Ground } from '../command-runs.ts'
import { bytesOf, runOurs } from '../programs.ts'
import type { ErrorRow } from './error-row.ts'

/** Errors of what is stored. */
export const STORED_ROWS: readonly ErrorRow[] = [
  {
    code: 'repository-conflict',
    exit: 1,
    title: 'another hash',
    args: () => ['--hash', 'sha512', 'images'],
    hint: /leave out --hash/,
  },
  {
    code: 'repository-conflict',
    exit: 1,
    title: 'init with other settings',
    args: ({ repository }) => ['init', '--insecure', '--erofs-version', '2', repository],
    hint: /--ensure/,
  },
  {
    code: 'repository-invalid',
    exit: 1,
    title: 'meta.json',
    spoil: ({ repository }) => writeFileSync(join(repository, 'meta.json'), '{'),
    args: () => ['images'],
  },
  {
    code: 'feature-unsupported',
    exit: 5,
    title: 'a feature that allows reading alone',
    spoil: ({ repository }) => {
      const path = join(repository, 'meta.json')
      const metadata = JSON.parse(readFileSync(path, 'utf8'))
      metadata.features['read-only-compatible'] = ['tomorrow']
      writeFileSync(path, JSON.stringify(metadata))
    },
    args: () => ['image', 'rm', 'img'],
    message: /can only be read.*tomorrow/,
  },
  {
    code: 'feature-unsupported',
    exit: 5,
    title: 'a feature that allows nothing',
    spoil: ({ repository }) => {
      const path = join(repository, 'meta.json')
      const metadata = JSON.parse(readFileSync(path, 'utf8'))
      metadata.features.incompatible = ['tomorrow']
      writeFileSync(path, JSON.stringify(metadata))
    },
    args: () => ['images'],
    message: /tomorrow/,
  },
  {
    code: 'object-not-found',
    exit: 3,
    title: 'the object of an image',
    spoil: ground => rmSync(objectOfImage(ground)),
    args: ({ image }) => ['image-objects', image],
  },
  {
    code: 'stream-invalid',
    exit: 1,
    title: 'an object that is no stream',
    spoil: ({ repository, image }) => {
      const object = readlinkSync(join(repository, 'images', image))
      symlinkSync(object, join(repository, 'streams/bogus'))
    },
    args: () => ['cat', 'bogus'],
  },
  {
    code: 'fsck-errors',
    exit: 4,
    title: 'a changed object',
    spoil: ground => appendFileSync(objectOfImage(ground), 'x'),
    args: () => ['fsck', '--fail'],
    hasResult: true,
  },
  {
    code: 'gc-refused',
    exit: 4,
    title: 'a name of an image that cannot be read',
    spoil: ground => rmSync(objectOfImage(ground)),
    args: () => ['gc'],
    hint: /cfsctl image rm img/,
  },
  {
    code: 'verity-mismatch',
    exit: 4,
    title: 'a changed image',
    spoil: ground => appendFileSync(objectOfImage(ground), 'x'),
    args: ({ image }) => ['image-objects', image],
  },
  {
    code: 'verity-missing',
    exit: 4,
    title: 'a repository without fs-verity',
    args: () => ['--require-verity', 'images'],
    hint: /leave out --require-verity/,
  },
  {
    code: 'not-sealed',
    exit: 1,
    title: 'an image without one of that format',
    args: ({ mountpoint }) => ['--erofs-version', '2', 'oci', 'mount', 'app:1', mountpoint],
    hint: /pull it again/,
  },
  {
    code: 'no-boot-image',
    exit: 1,
    title: 'an image without a boot variant',
    spoil: ({ repository, scratch }) => {
      bytesOf(runOurs(['-q', 'init', '--insecure', scratch]))
      bytesOf(
        runOurs([
          '-q',
          '--repo',
          scratch,
          'oci',
          'copy',
          'app:1',
          '--from',
          repository,
          '--name',
          'app:1',
        ]),
      )
    },
    args: ({ mountpoint, scratch }) => [
      '--repo',
      scratch,
      'oci',
      'mount',
      '--bootable',
      'app:1',
      mountpoint,
    ],
    hint: /cfsctl oci pull --bootable/,
  },
]

function objectOfImage({ repository, image }: Ground): string {
  return join(repository, 'images', readlinkSync(join(repository, 'images', image)))
}
