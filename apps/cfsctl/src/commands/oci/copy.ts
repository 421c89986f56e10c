import type { Command } from '../../command.ts'
import { layerFields, statsFields } from '../output-fields.ts'
import { bootableOption } from '../shared-options.ts'
import { imageArgument, strictOption } from './image-argument.ts'

export const ociCopy = {
  words: ['oci', 'copy'],
  group: 'OCI images',
  summary: 'Copy an image from another repository',
  description: [
    'The repository that is written to is chosen as for every command; --from names the other one. Layers that are there already are skipped. Everything that is copied is hashed. Blocks of files are shared where the file system can do that, unless the repositories have different hashes.',
  ],
  positionals: [imageArgument],
  options: [
    {
      name: 'from',
      completes: 'directory',
      value: { kind: 'path', label: 'REPO' },
      required: true,
      summary: 'The repository that has the image',
    },
    {
      name: 'name',
      completes: 'tag',
      value: { kind: 'text', label: 'TAG' },
      summary: 'The tag of the copy',
    },
    {
      name: 'zerocopy',
      summary: 'Share files, by hard links where blocks cannot be shared; fail where neither works',
    },
    bootableOption,
    {
      name: 'referrers',
      summary: 'Also copy what refers to the image: signatures, attestations and the like',
    },
    strictOption,
  ],
  exits: {
    3: 'no such image or repository',
    4: 'a digest is wrong',
    5: 'the repositories can share no files (with --zerocopy)',
  },
  examples: ['cfsctl oci copy --from /srv/build --name app:1.0 app:1.0'],
  output: {
    manifest_digest: 'digest of the manifest',
    manifest_verity: 'id of the stream of the manifest',
    config_digest: 'digest of the config',
    config_verity: 'id of the stream of the config',
    tag: 'the tag it has',
    ...layerFields,
    composefs_erofs: 'id of its EROFS image',
    composefs_boot_erofs: 'id of its boot image',
    ...statsFields,
    is_artifact: 'whether it is an artifact, no image to run',
    'referrers[]': 'what was copied that refers to the image',
    duration_ms: 'time it took',
  },
  upstream: { words: 'oci copy', options: ['from', 'name', 'zerocopy'] },
} as const satisfies Command
