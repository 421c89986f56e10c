import { imageDigest } from '@composefs/erofs'
import { formatAlgorithm } from '@composefs/fsverity'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import type { Result } from '../../output/result.ts'
import { openChosen } from '../../repository/open.ts'
import type { ociComputeId } from './compute-id.ts'
import { imageTree } from './image-tree.ts'

export async function run(args: Args<typeof ociComputeId>, context: Context): Promise<Result> {
  await using repository = await openChosen(context)
  const { algorithm, hashing, erofsVersions } = repository
  const version = erofsVersions.default
  const tree = await imageTree(repository, args, context)
  const { hex } = imageDigest(tree, { version, algorithm, hashing })
  return {
    lines: [hex],
    json: {
      schema: 'cfsctl.oci-compute-id/1',
      image_id: hex,
      algorithm: formatAlgorithm(algorithm),
      erofs_version: version,
      bootable: args.bootable,
      xattrs: args.xattrs ?? 'allowlist-only',
    },
  }
}
