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
} as const satisfies Command
