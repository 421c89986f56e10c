import type { Command } from '../command.ts'
import { platformOption, sourceOptions } from './network-options.ts'
import { checkFields } from './output-fields.ts'

export const fsck = {
  words: ['fsck'],
  group: 'Repository',
  summary: 'Check a repository: objects, streams, images and their names',
  description: [
    'Every object is compared with the digest that is its name: by the kernel where it has fs-verity, else its content ' +
      'is read. Streams and images are opened, and everything they refer to has to be there. Nothing is written.',
    'With --repair the images are checked too, and what is wrong is brought in order again: bad objects are put aside ' +
      'in quarantine/, what is missing is fetched, layer by layer, or taken from another repository object by object, ' +
      'and EROFS images are made again. Without --from, layers come from where an image was pulled, if that is its tag. ' +
      'Nobody else can use the repository meanwhile.',
  ],
  positionals: [],
  options: [
    { name: 'metadata-only', summary: 'Leave out the objects: only names, streams and images' },
    { name: 'fail', summary: 'With --json: exit 4 when something is wrong, as without --json' },
    {
      name: 'repair',
      excludes: ['metadata-only'],
      summary: 'Bring in order what is wrong, and check again',
    },
    {
      name: 'from',
      completes: 'source-or-repository',
      value: { kind: 'text', label: 'REF|REPO' },
      repeat: true,
      requires: ['repair'],
      summary: 'An image or a repository that has what is missing; may be given more than once',
    },
    {
      name: 'content',
      requires: ['repair'],
      summary: 'Compare the content of all layers with their digests, too',
    },
    platformOption,
    ...sourceOptions,
  ],
  exits: {
    3: 'no such repository',
    4: 'something is wrong, with --repair: after the repair',
  },
  examples: [
    'cfsctl fsck',
    'cfsctl --json fsck --fail',
    'cfsctl fsck --repair',
    'cfsctl fsck --repair --from docker://quay.io/fedora/fedora:41',
  ],
  output: {
    ...checkFields,
    duration_ms: 'time it took',
    before: 'with --repair, a document of its own: what `oci fsck` found',
    after: 'what it finds now',
    'entries[].action': 'what was done with a file of the repository',
    'entries[].path': 'the file',
    'entries[].to': 'where it was put',
    'entries[].reason': 'why nothing could be done',
    objects_taken: 'objects from other repositories',
    bytes_taken: 'their bytes',
    'layers[].diff_id': 'a layer that was fetched',
    'layers[].digest': 'digest of its blob',
    'layers[].size': 'bytes of its blob',
    'layers[].from': 'where it came from',
    bytes_fetched: 'bytes that were read from sources',
    'documents[].kind': '`manifest` or `config`: one that was stored again',
    'documents[].digest': 'its digest',
    'images[]': 'EROFS images that were made again',
    'links_removed[]': 'names that nothing needs',
    'failures[].name': 'an image that could not help',
    'failures[].from': 'where it would have come from',
    'failures[].reason': 'why not',
  },
  upstream: { words: 'fsck', options: ['metadata-only'] },
} as const satisfies Command
