import { lstatSync } from 'node:fs'
import { openImage } from '@composefs/erofs'
import { type Digest, formatAlgorithm } from '@composefs/fsverity'
import { type ImageUse, listImageUses } from '@composefs/oci'
import type { Repository } from '@composefs/repository'
import { type FileKind, type FileTree, walk } from '@composefs/tree'
import type { Args } from '../command.ts'
import type { Context } from '../context.ts'
import { messageOf } from '../errors/message.ts'
import { documentLines } from '../output/json.ts'
import type { Result } from '../output/result.ts'
import { byBytes } from '../output/sorting.ts'
import { openChosen } from '../repository/open.ts'
import { openNamedImage } from '../repository/open-image.ts'
import type { imageInspect } from './image-inspect.ts'

export async function run(args: Args<typeof imageInspect>, context: Context): Promise<Result> {
  await using repository = await openChosen(context)
  // Names with a slash are taken as `images` lists them.
  const isRef = args.image.includes('/') && !args.image.startsWith('refs/')
  using image = openNamedImage(repository, isRef ? `refs/${args.image}` : args.image)
  const { digest } = image
  const erofs = openImage(image.bytes(), { algorithm: repository.algorithm })
  const uses = await listImageUses(repository, digest, {
    onBroken: (id, error) => context.console.warning(`streams/${id}: ${messageOf(error)}`),
  })
  const document = {
    schema: 'cfsctl.image-inspect/1',
    id: digest.hex,
    algorithm: formatAlgorithm(digest.algorithm),
    erofs_version: erofs.version,
    size: image.size,
    has_verity: image.hasVerity,
    entries: countEntries(erofs.toTree(repository.algorithm)),
    objects: measureObjects(repository, erofs.objects()),
    names: namesOf(repository, digest),
    oci_images: uses.map(documentOf).sort((a, b) => byBytes(a.config_digest, b.config_digest)),
    sealed: uses.some(({ isSealed }) => isSealed),
  }
  return { lines: documentLines(document), json: document }
}

/** Names by what they are names of. A file with several names counts once, and its other names as hard links. */
function countEntries(tree: FileTree) {
  const counts: Record<FileKind | 'hardlink', number> = {
    directory: 0,
    regular: 0,
    symlink: 0,
    hardlink: 0,
    chr: 0,
    blk: 0,
    fifo: 0,
    socket: 0,
  }
  let total = 0
  for (const { inode, isFirstName } of walk(tree)) {
    counts[isFirstName ? tree.kind(inode) : 'hardlink'] += 1
    total += 1
  }
  return { total, ...counts }
}

function measureObjects({ objects }: Repository, digests: readonly Digest[]) {
  let bytes = 0
  let missing = 0
  for (const digest of digests) {
    const status = lstatSync(objects.pathOf(digest), { throwIfNoEntry: false })
    if (status === undefined) missing += 1
    else bytes += status.size
  }
  return { count: digests.length, missing, bytes }
}

function namesOf({ images }: Repository, { hex }: Digest): string[] {
  const names = Array.from(images.refs()).flatMap(ref => (ref.digest === hex ? [ref.name] : []))
  return names.sort(byBytes)
}

function documentOf({ configDigest, manifests, tags, variant, isSealed }: ImageUse) {
  return {
    config_digest: configDigest,
    manifest_digests: manifests,
    tags,
    bootable: variant?.bootable ?? null,
    xattrs: variant?.xattrs ?? null,
    sealed: isSealed,
  }
}
