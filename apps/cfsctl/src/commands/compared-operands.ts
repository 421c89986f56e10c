import type { OutputFields, Positional } from '../command.ts'

/** The two things that are compared. */
export const comparedPositionals = [
  { name: 'a', completes: 'image-or-path', summary: 'An image, a dump file or a directory' },
  { name: 'b', completes: 'image-or-path', summary: 'The other one' },
] as const satisfies readonly Positional[]

/** How they are named. */
export const comparedDescription = [
  'A and B are each a tag or digest of the repository, the name or id of an image in it, a file with an EROFS image, a dump file, or a directory, which is read as create-image does. Where a word could mean several of them, say tag:TAG, image:NAME, file:FILE, dump:FILE or dir:DIRECTORY.',
] as const

/** What is said of them in JSON. */
export const comparedOutput = {
  'a.name': 'A as it was named',
  'a.kind': 'what it is',
  'a.id': 'its id, where it is an image',
  'a.algorithm': 'its hash',
  'a.erofs_version': 'its format',
  'b.name': 'B as it was named',
  'b.kind': 'what it is',
  'b.id': 'its id, where it is an image',
  'b.algorithm': 'its hash',
  'b.erofs_version': 'its format',
} as const satisfies OutputFields
