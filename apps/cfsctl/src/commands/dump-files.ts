import type { Command } from '../command.ts'

export const dumpFiles = {
  words: ['dump-files'],
  group: 'Images',
  summary: 'Print entries of an image',
  description: ['For a directory its own line and those of its children are printed.'],
  positionals: [
    { name: 'name', completes: 'image', summary: 'Id of the image, or its name' },
    {
      name: 'paths',
      completes: 'nothing',
      optional: true,
      repeat: true,
      summary: 'Files and directories in the image',
    },
  ],
  options: [
    {
      name: 'backing-path-only',
      summary: "Print where the content of each file is: 'inline', or its path below objects/",
    },
  ],
  exits: { 3: 'no such image' },
  examples: [
    'cfsctl dump-files refs/my/image /etc',
    'cfsctl dump-files --backing-path-only refs/my/image /usr/bin/env',
  ],
  output: {
    'entries[].path': 'path in the image',
    'entries[].type': '`directory`, `regular`, `symlink`, `chr`, `blk`, `fifo` or `socket`',
    'entries[].mode': 'permissions, as a number',
    'entries[].uid': 'owner',
    'entries[].gid': 'group',
    'entries[].nlink': 'number of links',
    'entries[].size': 'bytes',
    'entries[].mtime': 'time of the last change, seconds and nanoseconds',
    'entries[].rdev': 'device number',
    'entries[].target': 'target of a symbolic link',
    'entries[].content_base64': 'content that is in the image',
    'entries[].object': 'path of the object with the content, below objects/',
    'entries[].digest': 'fs-verity digest of the content',
    'entries[].xattrs': 'extended attributes by name',
  },
  upstream: { words: 'dump-files', options: ['backing-path-only'] },
} as const satisfies Command
