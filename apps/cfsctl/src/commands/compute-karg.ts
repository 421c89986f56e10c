import type { Command } from '../command.ts'
import { noPropagateOption } from './shared-options.ts'

export const computeKarg = {
  words: ['compute-karg'],
  group: 'Images',
  summary: 'Print the kernel argument for the boot image of a directory',
  description: [
    'Nothing is stored, and no repository is needed: if there is one, only the hash it has is used. /boot and /sysroot count as empty, and files as labelled by the SELinux policy in the directory.',
  ],
  positionals: [{ name: 'path', completes: 'directory', summary: 'The directory' }],
  options: [noPropagateOption],
  exits: { 1: 'the directory lacks /usr, /boot or /sysroot, or its policy cannot be used' },
  examples: ['cfsctl --erofs-version 1 compute-karg /mnt/base > /etc/kernel/cmdline'],
  output: {
    karg: 'the kernel argument',
    id: 'fs-verity digest of the boot image',
    algorithm: 'its hash',
    erofs_version: 'format of the image',
    insecure: 'whether the argument tolerates a file system without fs-verity',
  },
  upstream: { words: 'compute-karg', options: ['no-propagate-usr-to-root'] },
} as const satisfies Command
