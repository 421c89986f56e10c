import { type CopyResult, copyImage } from '@composefs/oci'
import type { Args } from '../../command.ts'
import type { Context } from '../../context.ts'
import { withProgress } from '../../output/progress.ts'
import type { Json, Result } from '../../output/result.ts'
import { openChosen, openOther } from '../../repository/open.ts'
import type { ociCopy } from './copy.ts'

export async function run(args: Args<typeof ociCopy>, context: Context): Promise<Result> {
  await using to = await openChosen(context, { mode: 'write' })
  await using from = await openOther(context, args.from, '--from')
  return await withProgress(context, `copy ${args.image}`, async listeners => {
    const result = await copyImage(from, args.image, to, {
      tag: args.name,
      mustShare: args.zerocopy,
      bootable: args.bootable,
      referrers: args.referrers,
      strict: args.strict,
      ...listeners,
    })
    const json = document(result)
    return { lines: lines(args, result), json }
  })
}

function lines(args: Args<typeof ociCopy>, result: CopyResult): string[] {
  const boot = result.composefsBootErofs
  const tagged = result.tag === null ? '' : `, tagged as ${result.tag}`
  return [
    `Copied image ${args.image} from ${args.from} to destination repo${tagged}`,
    `Manifest digest: ${result.manifestDigest}`,
    `Manifest verity: ${result.manifestVerity.hex}`,
    `Config digest:   ${result.configDigest}`,
    `Config verity:   ${result.configVerity.hex}`,
    ...(args.bootable && boot !== null ? [`Boot image: ${boot.hex}`] : []),
  ]
}

function document(result: CopyResult): { readonly [key: string]: Json } {
  const { objects, bytes } = result
  const [first] = result.images
  return {
    schema: 'cfsctl.oci-copy/1',
    manifest_digest: result.manifestDigest,
    manifest_verity: result.manifestVerity.hex,
    config_digest: result.configDigest,
    config_verity: result.configVerity.hex,
    tag: result.tag,
    layers: result.layers.map(({ diffId, digest, status, size, isBlobKept }) => ({
      diff_id: diffId,
      digest,
      status,
      size,
      blob_kept: isBlobKept,
    })),
    composefs_erofs: first?.digest.hex ?? null,
    composefs_boot_erofs: result.composefsBootErofs?.hex ?? null,
    stats: {
      objects_copied: objects.copied,
      objects_reflinked: objects.reflinked,
      objects_hardlinked: objects.hardlinked,
      objects_already_present: objects.present,
      bytes_copied: bytes.copied,
      bytes_reflinked: bytes.reflinked,
      bytes_hardlinked: bytes.hardlinked,
    },
    is_artifact: result.isArtifact,
    referrers: result.referrers.map(({ manifestDigest, subject, artifactType, status }) => ({
      manifest_digest: manifestDigest,
      subject,
      artifact_type: artifactType,
      status: status === 'fetched' ? 'copied' : 'present',
    })),
    duration_ms: result.durationMs,
  }
}
