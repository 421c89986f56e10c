import { writeDump } from '@composefs/tree'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import type { Result } from '../../output/result.ts'
import { openChosen } from '../../repository/open.ts'
import type { ociDump } from './dump.ts'
import { imageTree } from './image-tree.ts'

export async function run(args: Args<typeof ociDump>, context: Context): Promise<Result> {
  await using repository = await openChosen(context)
  return { bytes: writeDump(await imageTree(repository, args, context)) }
}
