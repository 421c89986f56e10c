import { writeImage } from '@composefs/erofs'
import { createFsverity } from '@composefs/fsverity'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import type { Result } from '../output/result.ts'
import { hashing } from '../repository/platform.ts'
import type { computeId } from './compute-id.ts'
import { hashDirectoryTree } from './directory-tree.ts'
import { imageDocument } from './image-document.ts'
import { algorithmWithoutRepository, versionWithoutRepository } from './unopened-repository.ts'

export async function run(args: Args<typeof computeId>, context: Context): Promise<Result> {
  const algorithm = algorithmWithoutRepository(context)
  const version = versionWithoutRepository(context)
  const tree = await hashDirectoryTree(args.path, algorithm, { options: args, context })
  const fsverity = createFsverity({ algorithm, hashing })
  const { size } = writeImage(tree, { version, write: chunk => void fsverity.update(chunk) })
  const digest = fsverity.digest()
  return {
    lines: [digest.hex],
    json: imageDocument('compute-id', {
      digest,
      version,
      bootable: args.bootable,
      xattrs: args['no-propagate-usr-to-root'] ? null : (args.xattrs ?? 'allowlist-only'),
      name: null,
      size,
    }),
  }
}
