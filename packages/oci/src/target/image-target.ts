import type { Descriptor } from '../document/descriptor.ts'
import type { ManifestBytes } from '../source/image-source.ts'

/** How a target came to have a blob that nobody had to send. */
export type BlobPresence =
  /** It was there. */
  | 'present'
  /** It was in another repository of the same registry. */
  | 'mounted'

/** What is sent with a blob. */
export interface PutBlobOptions {
  /** @param bytes that were taken so far; fewer than before when a try starts again */
  readonly onProgress?: ((bytes: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

interface SignalOptions {
  readonly signal?: AbortSignal | undefined
}

/** Where an image goes to: a layout, an archive, a registry. The counterpart of an ImageSource. */
export interface ImageTarget {
  /** For messages: the reference or path of the image. */
  readonly description: string
  /**
   * True for a target that keeps the tars of layers alone, and makes no use of a manifest. The one it is given names
   * the tars, and is the one that reading the target makes up.
   */
  readonly hasUnpackedLayers?: boolean
  /** Most blobs that are taken at once. Default: as many as come. */
  readonly concurrency?: number
  /** Names that the image goes by elsewhere: whoever has it under one of them has its blobs. */
  offerNames?(names: readonly string[]): void
  /** Tells whether the blob is there, or can be had without its bytes. */
  findBlob(descriptor: Descriptor, options?: SignalOptions): Promise<BlobPresence | undefined>
  /**
   * Takes a blob that `findBlob` did not find. Its bytes are read from the start once more when a try fails half way;
   * the target checks that they are what the descriptor says.
   */
  putBlob(
    descriptor: Descriptor,
    open: () => AsyncIterable<Uint8Array>,
    options?: PutBlobOptions,
  ): Promise<void>
  /** Takes the manifest, after all its blobs, and gives the image its name. */
  putManifest(manifest: ManifestBytes, options?: SignalOptions): Promise<void>
  /**
   * Makes everything visible; a registry has done so already. Without it, `close` leaves nothing of what was put.
   *
   * @returns what a person should know of it
   */
  commit(options?: SignalOptions): Promise<readonly string[]>
  /** Lets go of files and connections, and of what was put without a `commit`. */
  close(): Promise<void>
  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void>
}
