import type { Descriptor } from '../descriptor.ts'
import type { ManifestBytes } from '../source/image-source.ts'

/** Where an image goes to: a layout, an archive, a registry. The counterpart of an ImageSource. */
export interface ImageTarget {
  /** For messages: the reference or path of the image. */
  readonly description: string
  /** True when the blob is there already, so that nobody has to make it. */
  hasBlob(descriptor: Descriptor, options?: { readonly signal?: AbortSignal }): Promise<boolean>
  /**
   * Takes a blob. Its bytes are read from the start once more when a try fails half way; the target checks that they
   * are what the descriptor says.
   */
  putBlob(
    descriptor: Descriptor,
    open: () => AsyncIterable<Uint8Array>,
    options?: {
      onProgress?(bytes: number): void
      readonly signal?: AbortSignal
    },
  ): Promise<void>
  /** Takes the manifest, after all its blobs, and gives the image its name. */
  putManifest(manifest: ManifestBytes, options?: { readonly signal?: AbortSignal }): Promise<void>
  /** Makes everything visible. Without it, `close` leaves nothing of what was put. */
  commit(): Promise<void>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
