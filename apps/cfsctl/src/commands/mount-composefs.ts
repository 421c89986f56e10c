import type { Command } from '../command.ts'

export const mountComposefs = {
  words: [],
  group: 'Tools',
  summary: 'Mount a composefs image file',
  description: [
    'mount(8) starts this for `mount -t composefs`. It needs no repository: basedir names the directories of objects.',
    'Options of -o: basedir=DIR[:DIR...], digest=HEX (the fs-verity digest that the image has to have; implies verity), verity (the kernel checks every file that is read), tryverity (if it can), upperdir=DIR and workdir=DIR, idmap=FILE (a user namespace that maps owners), ro, rw, and the attributes of any mount, such as nodev, nosuid and noexec.',
  ],
  positionals: [
    { name: 'image', completes: 'file', summary: 'The image file' },
    { name: 'mountpoint', completes: 'directory', summary: 'A directory' },
  ],
  options: [
    {
      name: 'options',
      short: 'o',
      value: { kind: 'text', label: 'OPTIONS' },
      completes: 'mount-options',
      repeat: true,
      summary: 'Options between commas; a backslash takes the next character as it is',
    },
    {
      name: 'type',
      short: 't',
      value: { kind: 'text', label: 'TYPE' },
      completes: ['composefs'],
      summary: 'The file system: composefs',
    },
    { name: 'fake', short: 'f', summary: 'Check everything, and mount nothing' },
    { name: 'no-mtab', short: 'n', summary: 'Without effect: there is no mtab any more' },
    { name: 'sloppy', short: 's', summary: 'Without effect' },
    { name: 'verbose', short: 'v', summary: 'Without effect' },
  ],
  exits: { 1: 'any failure' },
  examples: [
    'mount.composefs -o basedir=/srv/objects app.cfs /mnt',
    'mount -t composefs -o basedir=/srv/objects,verity,nodev app.cfs /mnt',
  ],
} as const satisfies Command
