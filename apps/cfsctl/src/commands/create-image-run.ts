import { publish } from '@composefs/repository'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import type { Result } from '../output/result.ts'
import { openChosen } from '../repository/open.ts'
import { tallyObjects } from '../repository/tally-objects.ts'
import type { createImage } from './create-image.ts'
import { readDirectoryTree } from './directory-tree.ts'
import { imageDocument } from './image-document.ts'

export async function run(args: Args<typeof createImage>, context: Context): Promise<Result> {
  await using repository = await openChosen(context, { mode: 'write' })
  const { images, erofsVersions } = repository
  const { tally, ...target } = tallyObjects(repository)
  const tree = await readDirectoryTree(args.path, target, { options: args, context })
  const versions = [erofsVersions.default, ...erofsVersions.extra]
  const stored = versions.map(version => images.put(tree, version))
  const [image] = stored
  if (image === undefined) throw new TypeError('a repository without an image format')
  const { digest, size } = image
  context.signal.throwIfAborted()
  publish(repository, [
    ...stored.map(made => ({ kind: 'image' as const, digest: made.digest })),
    ...(args.name === undefined ? [] : [{ kind: 'image-ref' as const, name: args.name, digest }]),
  ])
  return {
    lines: [String(digest)],
    json: imageDocument('create-image', {
      digest,
      version: erofsVersions.default,
      bootable: args.bootable,
      xattrs: args['no-propagate-usr-to-root'] ? null : (args.xattrs ?? 'allowlist-only'),
      name: args.name ?? null,
      size,
      tally,
    }),
  }
}
