import { readImageVersion } from '@composefs/erofs'
import { Digest } from '@composefs/fsverity'
import type { Repository } from '@composefs/repository'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import type { Json, Result } from '../output/result.ts'
import { byBytes } from '../output/sorting.ts'
import { openChosen } from '../repository/open.ts'
import type { images } from './images.ts'

/** Digits of a digest in a table. */
const SHORT = 12
/** Bytes of an image that tell its version. */
const HEAD_SIZE = 32

export async function run(args: Args<typeof images>, context: Context): Promise<Result> {
  // Names that vanish meanwhile are left out, so this need not wait for a garbage collection.
  await using repository = await openChosen(context, { lock: 'none' })
  const refs = [...repository.images.refs()].sort((a, b) => byBytes(a.name, b.name))
  return {
    table: {
      header: ['NAME', 'DIGEST'],
      rows: refs.map(({ name, digest }) => [
        name,
        args['no-trunc'] ? digest : digest.slice(0, SHORT),
      ]),
      whenEmpty: 'No images found',
    },
    ...(context.globals.json
      ? { json: { images: refs.map(ref => details(repository, ref)) } }
      : {}),
  }
}

function details(
  repository: Repository,
  { name, digest }: { readonly name: string; readonly digest: string },
): Json {
  return { name, digest, ...readHead(repository, digest) }
}

/** Size and version of an image; a list shows what is there, so one that cannot be read is for fsck to explain. */
function readHead(repository: Repository, hex: string) {
  const digest = Digest.fromHex(hex, repository.algorithm)
  if (digest === undefined || !repository.objects.has(digest)) {
    return { size: null, erofs_version: null }
  }
  using object = repository.objects.openUnchecked(digest)
  const head = object.read(0, Math.min(object.size, HEAD_SIZE))
  return { size: object.size, erofs_version: readImageVersion(head) ?? null }
}
