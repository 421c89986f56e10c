import type { Command, Option, OptionValues } from '../command.ts'

const files = { name: 'files', completes: 'file', repeat: true } as const

export const infoOptions = [
  {
    name: 'basedir',
    completes: 'directory',
    value: { kind: 'path', label: 'DIR' },
    summary: 'Where objects are, for missing-objects',
  },
  {
    name: 'filter',
    value: { kind: 'text', label: 'NAME' },
    repeat: true,
    summary: 'Only these entries of the root directory, for ls and dump',
  },
] as const satisfies readonly Option[]

export type InfoOptions = OptionValues<typeof infoOptions>

export const infoLs = {
  words: ['ls'],
  group: 'Tools',
  summary: 'List files and directories',
  positionals: [{ ...files, summary: 'Images' }],
  options: [],
  examples: ['composefs-info ls image.cfs'],
} as const satisfies Command

export const infoDump = {
  words: ['dump'],
  group: 'Tools',
  summary: 'Print the tree as a dump file',
  positionals: [{ ...files, summary: 'Images' }],
  options: [],
} as const satisfies Command

export const infoObjects = {
  words: ['objects'],
  group: 'Tools',
  summary: 'List the objects that images need',
  positionals: [{ ...files, summary: 'Images' }],
  options: [],
} as const satisfies Command

export const infoMissingObjects = {
  words: ['missing-objects'],
  group: 'Tools',
  summary: 'List those of them that --basedir lacks',
  positionals: [{ ...files, summary: 'Images' }],
  options: [],
  examples: ['composefs-info missing-objects --basedir objects image.cfs'],
} as const satisfies Command

export const infoMeasureFile = {
  words: ['measure-file'],
  group: 'Tools',
  summary: 'Print the fs-verity digests of files',
  positionals: [{ ...files, summary: 'Files' }],
  options: [],
} as const satisfies Command
