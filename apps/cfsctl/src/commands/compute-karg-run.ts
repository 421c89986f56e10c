import { imageDigest } from '@composefs/erofs'
import { formatAlgorithm } from '@composefs/fsverity'
import { formatKernelArgument } from '@composefs/oci'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import type { Result } from '../output/result.ts'
import { hashing } from '../repository/platform.ts'
import type { computeKarg } from './compute-karg.ts'
import { hashDirectoryTree } from './directory-tree.ts'
import { algorithmWithoutRepository, versionWithoutRepository } from './unopened-repository.ts'

export async function run(args: Args<typeof computeKarg>, context: Context): Promise<Result> {
  const algorithm = algorithmWithoutRepository(context)
  const version = versionWithoutRepository(context)
  const { insecure } = context.globals
  const options = { ...args, bootable: true, xattrs: undefined }
  const tree = await hashDirectoryTree(args.path, algorithm, { options, context })
  const digest = imageDigest(tree, { version, algorithm, hashing })
  const karg = formatKernelArgument(digest, { version, insecure })
  return {
    lines: [karg],
    json: {
      schema: 'cfsctl.compute-karg/1',
      karg,
      id: digest.hex,
      algorithm: formatAlgorithm(algorithm),
      erofs_version: version,
      insecure,
    },
  }
}
