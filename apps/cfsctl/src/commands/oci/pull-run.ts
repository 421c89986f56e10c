import { type PullResult, parsePlatform, pull } from '@composefs/oci'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import { printable } from '../../output/printable.ts'
import { withProgress } from '../../output/progress.ts'
import type { Json, Result } from '../../output/result.ts'
import { formatSize } from '../../output/size.ts'
import { openChosen } from '../../repository/open.ts'
import { sourceSettings } from '../network-settings.ts'
import { parseId } from './image-tree.ts'
import type { ociPull } from './pull.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export async function run(args: Args<typeof ociPull>, context: Context): Promise<Result> {
  const isDryRun = args['dry-run']
  const mode = isDryRun ? 'read' : 'write'
  // It may ask for a password: before anything else is on the terminal.
  const settings = await sourceSettings(args, context)
  await using repository = await openChosen(context, { mode, verify: args.repair })
  const wanted = args['expected-digest']
  const expected = wanted === undefined ? undefined : parseId(repository, wanted)
  const platform = args.platform === undefined ? undefined : parsePlatform(args.platform)
  return await withProgress(context, `pull ${args.image}`, async listeners => {
    const result = await pull(repository, args.image, {
      tag: args.name,
      noTag: args['no-tag'],
      platform,
      strict: args.strict,
      maxLayerSize: args['max-layer-size'],
      verifyLayers: args['verify-layers'],
      repair: args.repair,
      dryRun: isDryRun,
      jobs: context.globals.jobs,
      keepBlobs: args['keep-blobs'],
      bootable: args.bootable,
      expectedBootImage: expected,
      referrers: args.referrers,
      ...settings,
      ...temporaryDirectory(context),
      ...listeners,
    })
    const json = document(result)
    return { lines: isDryRun ? dryRunLines(result) : lines(result, args), json }
  })
}

function lines(result: PullResult, args: Args<typeof ociPull>): string[] {
  const { objectsNew, objectsPresent, bytesStored, bytesInlined } = result.statistics
  const stored = `${formatSize(bytesStored)} stored, ${formatSize(bytesInlined)} inlined`
  return [
    `manifest ${result.manifestDigest}`,
    `config   ${result.configDigest}`,
    `verity   ${result.manifestVerity?.hex}`,
    ...(result.tag === null ? [] : [`tagged   ${result.tag}`]),
    `objects  ${objectsNew} new + ${objectsPresent} already present objects; ${stored}`,
    ...bootLines(result, args),
    ...(result.composefsErofs === null ? [] : [`image    ${result.composefsErofs.hex}`]),
    // The manifest is stored in its OCI form, under the digest of that.
    ...(result.dockerManifestDigest === null ? [] : [`docker   ${result.dockerManifestDigest}`]),
    ...result.referrers.map(({ manifestDigest, artifactType }) =>
      printable(`referrer ${manifestDigest} ${artifactType ?? ''}`.trimEnd()),
    ),
  ]
}

/** What was looked for is told with what it turned out to be. */
function bootLines({ bootImage }: PullResult, args: Args<typeof ociPull>): string[] {
  if (!args.bootable || bootImage === null) return []
  const { digest, xattrs, format } = bootImage
  const found = ` (xattr-mode=${xattrs}, format-version=V${format})`
  return [`Boot image: ${digest.hex}${args['expected-digest'] === undefined ? '' : found}`]
}

function dryRunLines(result: PullResult): string[] {
  const missing = new Set(
    result.layers.filter(({ status }) => status === 'fetched').map(({ diffId }) => diffId),
  )
  return [
    'Dry run (nothing stored):',
    `manifest ${result.manifestDigest}`,
    `config   ${result.configDigest}`,
    `layers   ${missing.size} to fetch, ${formatSize(result.statistics.bytesFetched)}`,
  ]
}

function document(result: PullResult): { readonly [key: string]: Json } {
  const { statistics } = result
  return {
    schema: 'cfsctl.oci-pull/1',
    image_ref: result.imageRef,
    manifest_digest: result.manifestDigest,
    config_digest: result.configDigest,
    manifest_verity: result.manifestVerity?.hex ?? null,
    config_verity: result.configVerity?.hex ?? null,
    tag: result.tag,
    composefs_erofs: result.composefsErofs?.hex ?? null,
    composefs_boot_erofs: result.composefsBootErofs?.hex ?? null,
    boot_image_mode: result.bootImage?.xattrs ?? null,
    boot_image_format_version: result.bootImage?.format ?? null,
    stats: {
      objects_copied: statistics.objectsNew,
      objects_reflinked: 0,
      objects_hardlinked: 0,
      objects_already_present: statistics.objectsPresent,
      bytes_copied: statistics.bytesStored,
      bytes_reflinked: 0,
      bytes_hardlinked: 0,
      bytes_inlined: statistics.bytesInlined,
      bytes_fetched: statistics.bytesFetched,
    },
    layers: result.layers.map(({ diffId, digest, status, size, isBlobKept }) => ({
      diff_id: diffId,
      digest,
      status,
      size,
      blob_kept: isBlobKept,
    })),
    duration_ms: result.durationMs,
    docker_manifest_digest: result.dockerManifestDigest,
    is_artifact: result.isArtifact,
    subject: result.subject,
    referrers: result.referrers.map(({ manifestDigest, subject, artifactType, status }) => ({
      manifest_digest: manifestDigest,
      subject,
      artifact_type: artifactType,
      status,
    })),
    dry_run: result.dryRun,
  }
}
