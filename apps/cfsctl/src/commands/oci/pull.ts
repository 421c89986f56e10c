import type { Command } from '../../command.ts'
import { platformOption, sourceOptions } from '../network-options.ts'
import { layerFields, statsFields } from '../output-fields.ts'
import { layerSizeOption, strictOption } from './image-argument.ts'

export const ociPull = {
  words: ['oci', 'pull'],
  group: 'OCI images',
  summary: 'Fetch an image, store it, and tag it',
  description: [
    'IMAGE is named with its transport: docker://NAME for a registry, oci:DIRECTORY[:TAG] for a layout, oci-archive:FILE[:TAG] and docker-archive:FILE[:TAG] for tars, and what skopeo reads. Every digest is checked.',
    'Layers that are stored already are not fetched again. A pull that was stopped, by a signal or a failure, keeps the layers that are complete, and the next one goes on from there.',
  ],
  positionals: [
    {
      name: 'image',
      completes: 'source',
      summary: 'Where the image is: docker://NAME, oci:DIRECTORY[:TAG], …',
    },
    {
      name: 'name',
      completes: 'tag',
      optional: true,
      summary: 'The tag; default: IMAGE as it is typed',
    },
  ],
  options: [
    {
      name: 'bootable',
      summary:
        'Also make the boot variant: /boot and /sysroot emptied, SELinux labels of the policy in it',
    },
    {
      name: 'expected-digest',
      completes: 'nothing',
      value: { kind: 'text', label: 'HEX' },
      requires: ['bootable'],
      summary: 'Make the boot variant that has this id, whatever its format and xattrs',
    },
    {
      name: 'local-fetch',
      value: { kind: 'choice', choices: ['disabled', 'auto', 'zerocopy'], label: 'MODE' },
      planned: ['zerocopy'],
      summary: 'How images of containers-storage are read',
    },
    platformOption,
    { name: 'no-tag', summary: 'Give it no tag; the next gc removes it' },
    strictOption,
    layerSizeOption,
    {
      name: 'repair',
      summary: 'Check what is stored already, and fetch what is broken',
    },
    { name: 'verify-layers', summary: 'Hash layers that are stored already' },
    {
      name: 'keep-blobs',
      summary: 'Keep packed layers as they came, too, so that export and push change no byte',
    },
    {
      name: 'referrers',
      summary: 'Also fetch what refers to the image: signatures, attestations and the like',
    },
    { name: 'dry-run', summary: 'Tell what would be fetched, and store nothing' },
    ...sourceOptions,
  ],
  exits: {
    1: 'the image is damaged or makes no tree, there is no room, or no registry',
    3: 'no such image',
    4: 'a digest is wrong, or no boot variant has the expected one',
    5: 'not possible here: no skopeo, or a transport of a later release',
    6: 'the registry is silent or busy; try later',
    130: 'interrupted; what is complete stays',
  },
  examples: [
    'cfsctl oci pull docker://quay.io/fedora/fedora:41 fedora:41',
    'cfsctl oci pull oci:fedora:41 fedora:41',
  ],
  output: {
    image_ref: 'the image as it was named',
    manifest_digest: 'digest of the manifest',
    config_digest: 'digest of the config',
    manifest_verity: 'id of the stream of the manifest',
    config_verity: 'id of the stream of the config',
    tag: 'the tag it has',
    composefs_erofs: 'id of its EROFS image',
    composefs_boot_erofs: 'id of its boot image',
    boot_image_mode: 'which extended attributes the boot image has',
    boot_image_format_version: 'format of the boot image',
    ...statsFields,
    'stats.bytes_inlined': 'bytes that are in streams',
    'stats.bytes_fetched': 'bytes that were read from the source',
    ...layerFields,
    duration_ms: 'time it took',
    docker_manifest_digest: 'digest of the Docker manifest that was converted',
    is_artifact: 'whether it is an artifact, no image to run',
    subject: 'digest of what the artifact refers to',
    'referrers[]': 'what was fetched that refers to the image',
    dry_run: 'whether nothing was stored',
  },
  upstream: { words: 'oci pull', options: ['bootable', 'expected-digest', 'local-fetch'] },
} as const satisfies Command
