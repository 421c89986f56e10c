import type { Command } from '../command.ts'

export const umount = {
  words: ['umount'],
  group: 'Mounting',
  summary: 'Unmount an image',
  positionals: [{ name: 'mountpoint', completes: 'mountpoint', summary: 'Where it is mounted' }],
  options: [
    { name: 'lazy', summary: 'Detach it now, and let go of it when nobody uses it any more' },
    { name: 'force', summary: 'Also unmount what is no composefs mount' },
  ],
  exits: { 1: 'in use, or not a mount' },
  examples: ['cfsctl umount /mnt'],
  output: {
    mountpoint: 'what was unmounted',
    lazy: 'whether it may still be in use',
  },
} as const satisfies Command
