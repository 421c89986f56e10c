import type { Command } from '../../command.ts'
import { imageArgument } from './image-argument.ts'

export const ociInspect = {
  words: ['oci', 'inspect'],
  group: 'OCI images',
  summary: 'Show manifest, config and ids of an image',
  positionals: [imageArgument],
  options: [
    { name: 'manifest', excludes: ['config'], summary: 'Only the manifest, as it is stored' },
    { name: 'config', summary: 'Only the config, as it is stored' },
  ],
  exits: { 3: 'no such image' },
  examples: ['cfsctl oci inspect fedora:41', 'cfsctl oci inspect --config @sha256:4c8f6966b8a6'],
  output: {
    manifest: 'the manifest as text',
    config: 'the config as text',
    'referrers[]': 'digests of artifacts that refer to it',
    composefs_erofs: 'id of its EROFS image',
    composefs_boot_erofs: 'id of its boot image',
    manifest_digest: 'digest of the manifest',
    config_digest: 'digest of the config',
    'tags[]': 'tags it has',
  },
  upstream: { words: 'oci inspect', options: ['manifest', 'config'] },
} as const satisfies Command
