import type { Command } from '../command.ts'

export const mkcomposefs = {
  words: [],
  group: 'Tools',
  summary: 'Make a composefs image from a directory or a dump file',
  description: [
    'Everything of a directory is kept: devices, sockets, all extended attributes, times with nanoseconds. Files of more than 64 bytes are named by their fs-verity digest, which is SHA-256 here.',
    'Without version options the image has version 0, or 1 if it has whiteouts. Giving one of --min-version and --max-version sets the other to 0.',
  ],
  positionals: [
    {
      name: 'source',
      completes: 'file',
      summary: 'The directory, or with --from-file the dump; - is standard input',
    },
    {
      name: 'image',
      completes: 'file',
      optional: true,
      summary: 'The image to write; - is standard output',
    },
  ],
  options: [
    {
      name: 'digest-store',
      completes: 'directory',
      value: { kind: 'path', label: 'DIR' },
      summary: 'Copy the content of files there, named by digest',
    },
    { name: 'print-digest', summary: 'Print the fs-verity digest of the image' },
    { name: 'print-digest-only', summary: 'Print it and write no image' },
    { name: 'use-epoch', summary: 'Set all times to 0' },
    { name: 'skip-devices', summary: 'Leave out devices' },
    { name: 'skip-xattrs', summary: 'Leave out extended attributes' },
    { name: 'user-xattrs', summary: 'Keep only extended attributes that begin with user.' },
    { name: 'from-file', summary: 'SOURCE is a dump file' },
    {
      name: 'min-version',
      value: { kind: 'integer', label: 'N', min: 0, max: 2 ** 31 - 1 },
      summary: 'Lowest version of the format',
    },
    {
      name: 'max-version',
      value: { kind: 'integer', label: 'N', min: 0, max: 2 ** 31 - 1 },
      summary: 'Highest version, which whiteouts need',
    },
    {
      name: 'threads',
      value: { kind: 'integer', label: 'N', min: 1, max: 1024 },
      summary: 'Files worked on at once',
    },
    { name: 'hardlinks', summary: 'Keep hard links of a directory' },
  ],
  examples: [
    'mkcomposefs --digest-store=objects tree image.cfs',
    'mkcomposefs --from-file tree.dump --print-digest-only',
  ],
} as const satisfies Command
