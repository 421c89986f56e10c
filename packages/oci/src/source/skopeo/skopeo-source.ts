import type { ImageSource } from '../image-source.ts'
import type { OpenSkopeoOptions } from './skopeo-options.ts'

/**
 * Opens an image through `skopeo experimental-image-proxy`: every transport that skopeo has, and its settings.
 *
 * The manifest comes in OCI form. Any number of blobs may be read at once; one that breaks off goes on where it was,
 * with a new skopeo where the old one has ended. Nothing waits for longer than the idle time-out.
 *
 * @param reference with its transport, as skopeo takes it
 * @throws OciError ERR_OCI_SKOPEO_MISSING, ERR_OCI_SKOPEO_VERSION, ERR_OCI_SKOPEO_TIMEOUT, ERR_OCI_SKOPEO_ENDED,
 * ERR_OCI_SKOPEO_REFUSED, ERR_OCI_SKOPEO_PROTOCOL, ERR_OCI_SOURCE_NOT_FOUND
 *
 * @example
 * await using source = await openSkopeo('dir:/srv/image', { skopeo: { sockets: linuxSocketPairs } })
 * const { digest } = await source.manifest()
 */
export async function openSkopeo(
  reference: string,
  options: OpenSkopeoOptions,
): Promise<ImageSource> {
  // With all it needs it is left alone by commands that need none of it.
  const { SkopeoImage } = await import('./skopeo-image.ts')
  return SkopeoImage.open(reference, options)
}
