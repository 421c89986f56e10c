import { createCountingObjectStore } from '@composefs/repository'
import { writeDump } from '@composefs/tree'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import type { Result } from '../output/result.ts'
import { hashing } from '../repository/platform.ts'
import type { createDumpfile } from './create-dumpfile.ts'
import { readDirectoryTree } from './directory-tree.ts'
import { algorithmWithoutRepository } from './unopened-repository.ts'

export async function run(args: Args<typeof createDumpfile>, context: Context): Promise<Result> {
  const objects = createCountingObjectStore(algorithmWithoutRepository(context), hashing)
  const tree = await readDirectoryTree(args.path, objects, { options: args, context })
  return { bytes: writeDump(tree) }
}
