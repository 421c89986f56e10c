import { type ExportResult, exportImage, type ImageTarget } from '@composefs/oci'
import type { Context } from '../../context.ts'
import { withProgress } from '../../output/progress.ts'
import type { Json, Result } from '../../output/result.ts'
import { openChosen } from '../../repository/open.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** What to send, and where to. */
export interface Sending {
  readonly verb: 'export' | 'push'
  /** A stored image. */
  readonly image: string
  /** The target as it is typed. */
  readonly reference: string
  readonly compression: 'gzip' | 'zstd' | 'none' | undefined
  open(): Promise<ImageTarget>
}

/** Sends a stored image to a target, and tells what became of it. */
export async function sendImage(context: Context, sending: Sending): Promise<Result> {
  const { verb, image, compression } = sending
  const { globals } = context
  await using repository = await openChosen(context, { mode: 'read' })
  await using target = await sending.open()
  return await withProgress(context, `${verb} ${image}`, async listeners => {
    const result = await exportImage(repository, image, target, {
      compression,
      jobs: globals.jobs,
      ...temporaryDirectory(context),
      ...listeners,
    })
    const json = document(sending, result)
    return { lines: lines(result), json }
  })
}

function document(
  { verb, image, reference }: Sending,
  result: ExportResult,
): { readonly [key: string]: Json } {
  return {
    schema: `cfsctl.oci-${verb}/1`,
    image_ref: image,
    target: reference,
    manifest_digest: result.manifestDigest,
    source_manifest_digest: result.sourceManifestDigest,
    config_digest: result.configDigest,
    changed: result.changed,
    layers: result.layers.map(({ diffId, digest, sourceDigest, status, size }) => ({
      diff_id: diffId,
      digest,
      source_digest: sourceDigest,
      status,
      size,
    })),
    bytes_uploaded: result.bytesUploaded,
    is_artifact: result.isArtifact,
    duration_ms: result.durationMs,
  }
}

function lines(result: ExportResult): string[] {
  const { manifestDigest, sourceManifestDigest, configDigest, changed } = result
  return [
    `manifest ${manifestDigest}`,
    `config   ${configDigest}`,
    ...(changed ? [`source   ${sourceManifestDigest}`] : []),
  ]
}
