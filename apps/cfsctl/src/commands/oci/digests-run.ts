import { algorithmByName, formatAlgorithm } from '@composefs/fsverity'
import {
  computeDigests,
  formatPlatform,
  type ImageDigests,
  openSource,
  parsePlatform,
} from '@composefs/oci'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import { documentLines } from '../../output/json.ts'
import { withProgress } from '../../output/progress.ts'
import type { Json, Result } from '../../output/result.ts'
import { decoders, hashing } from '../../repository/platform.ts'
import { sourceSettings } from '../network-settings.ts'
import type { ociDigests } from './digests.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export async function run(args: Args<typeof ociDigests>, context: Context): Promise<Result> {
  const settings = await sourceSettings(args, context)
  await using source = await openSource(args.image, {
    ...settings,
    ...(args.platform === undefined ? {} : { platform: parsePlatform(args.platform) }),
    ...temporaryDirectory(context),
    signal: context.signal,
  })
  return await withProgress(context, `digests ${args.image}`, async listeners => {
    const images = await computeDigests(source, {
      ...chosenIds(context),
      xattrs: args.xattrs ?? 'allowlist-only',
      bootable: args.bootable,
      allPlatforms: args['all-platforms'],
      strict: args.strict,
      hashing,
      decoders,
      ...listeners,
    })
    const json = document(args.image, images, args['all-platforms'])
    return { lines: lines(json), json }
  })
}

/** The hash and the format that global options ask for. */
function chosenIds({
  globals,
}: Context): Pick<NonNullable<Parameters<typeof computeDigests>[1]>, 'algorithms' | 'versions'> {
  const algorithm = globals.hash === undefined ? undefined : algorithmByName(globals.hash)
  const version = globals['erofs-version'] as 0 | 1 | 2 | undefined
  return {
    ...(algorithm === undefined ? {} : { algorithms: [algorithm] }),
    ...(version === undefined ? {} : { versions: [version] }),
  }
}

/**
 * The image that was asked for stands at the top. The list is for `--all-platforms`, and where that finds several there
 * is nothing at the top, which is then about none of them.
 */
function document(
  reference: string,
  images: readonly ImageDigests[],
  isList: boolean,
): { readonly [key: string]: Json } {
  const [only] = images.length === 1 ? images : []
  return {
    schema: 'cfsctl.oci-digests/1',
    image_ref: reference,
    ...imageDocument(only),
    images: isList ? images.map(imageDocument) : [],
  }
}

function imageDocument(image: ImageDigests | undefined): { readonly [key: string]: Json } {
  const platform = image?.platform ?? null
  return {
    manifest_digest: image?.manifestDigest ?? null,
    ids: image === undefined ? [] : ids(image),
    config_digest: image?.configDigest ?? null,
    docker_manifest_digest: image?.dockerManifestDigest ?? null,
    platform: platform === null ? null : formatPlatform(platform),
  }
}

/** What is empty or unknown is left out of the text. */
function lines(document: { readonly [key: string]: Json }): Iterable<string> {
  const told = Object.entries(document).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  )
  return documentLines(Object.fromEntries(told))
}

function ids({ ids }: ImageDigests): Json[] {
  return ids.map(({ algorithm, erofsVersion, bootable, xattrs, digest }) => ({
    algorithm: formatAlgorithm(algorithm),
    erofs_version: erofsVersion,
    bootable,
    xattrs,
    image_id: digest.hex,
  }))
}
