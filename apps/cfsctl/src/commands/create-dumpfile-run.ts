import { writeDump } from '@composefs/tree'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import type { Result } from '../output/result.ts'
import type { createDumpfile } from './create-dumpfile.ts'
import { hashDirectoryTree } from './directory-tree.ts'
import { algorithmWithoutRepository } from './unopened-repository.ts'

export async function run(args: Args<typeof createDumpfile>, context: Context): Promise<Result> {
  const algorithm = algorithmWithoutRepository(context)
  const tree = await hashDirectoryTree(args.path, algorithm, { options: args, context })
  return { bytes: writeDump(tree) }
}
