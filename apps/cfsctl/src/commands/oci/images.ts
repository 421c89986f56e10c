import type { Command, RunModule } from '../../command.ts'

export const ociImages = {
  words: ['oci', 'images'],
  group: 'OCI images',
  summary: 'List the tagged images',
  positionals: [],
  options: [],
  load: (): Promise<RunModule> => import('./images-run.ts'),
} as const satisfies Command
