import type { Command, RunModule } from '../command.ts'

export const fsck = {
  words: ['fsck'],
  group: 'Repository',
  summary: 'Check a repository: objects, streams, images and their names',
  description: [
    'Every object is compared with the digest that is its name: by the kernel where it has fs-verity, else its content ' +
      'is read. Streams and images are opened, and everything they refer to has to be there. Nothing is written.',
  ],
  positionals: [],
  options: [
    { name: 'metadata-only', summary: 'Leave out the objects: only names, streams and images' },
    { name: 'fail', summary: 'With --json: exit 4 when something is wrong, as without --json' },
  ],
  exits: { 3: 'no such repository', 4: 'something is wrong' },
  examples: ['cfsctl fsck', 'cfsctl --json fsck --fail'],
  load: (): Promise<RunModule> => import('./fsck-run.ts'),
} as const satisfies Command
