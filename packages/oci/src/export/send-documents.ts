import type { Descriptor } from '../document/descriptor.ts'
import type { Notice } from '../notice.ts'
import type { ManifestBytes } from '../source/image-source.ts'
import type { ImageTarget } from '../target/image-target.ts'
import { verifiedBytes } from '../transfer/verified-bytes.ts'

/** What makes an image of the blobs that a target has. */
export interface ImageDocuments {
  readonly config: { readonly bytes: Uint8Array; readonly descriptor: Descriptor }
  readonly manifest: ManifestBytes
}

/**
 * Sends the config, then the manifest, and commits the target, which has all layers.
 *
 * @returns the bytes of the config that the target took
 */
export async function sendDocuments(
  target: ImageTarget,
  { config, manifest }: ImageDocuments,
  options: {
    readonly onNotice?: ((notice: Notice) => void) | undefined
    readonly signal?: AbortSignal | undefined
  },
): Promise<number> {
  const { onNotice, signal } = options
  const uploaded = await sendConfig(target, config, signal)
  await target.putManifest(manifest, { signal })
  for (const message of await target.commit({ signal })) onNotice?.({ level: 'notice', message })
  return uploaded
}

async function sendConfig(
  target: ImageTarget,
  { bytes, descriptor }: ImageDocuments['config'],
  signal: AbortSignal | undefined,
): Promise<number> {
  if ((await target.findBlob(descriptor, { signal })) !== undefined) return 0
  // Whoever takes chunks may keep them.
  const open = () => verifiedBytes([bytes.slice()], descriptor, 'config')
  await target.putBlob(descriptor, open, { signal })
  return descriptor.size
}
