import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Descriptor } from '../src/document/descriptor.ts'
import { parsePlatform } from '../src/document/platform.ts'
import { OciError } from '../src/errors.ts'
import type { ImageSource } from '../src/source/image-source.ts'
import { openLayout } from '../src/source/layout.ts'
import type { LayoutBuilder } from './layout-builder.ts'

/** What a distant source does to a blob before its end, by the digest of the blob. */
export interface BlobBehaviour {
  /** Turns of the event loop before each chunk. */
  readonly turns?: number
  /** Bytes of a chunk. */
  readonly chunkSize?: number
  /** Fails behind so many bytes. */
  readonly failAt?: number
  /** Waits for this before it fails. */
  readonly failWhen?: () => boolean
  /** Never goes on behind so many bytes, unless it is told to stop. */
  readonly stallAt?: number
  /** Does not heed the signal while it stalls. */
  readonly deaf?: boolean
}

/** A source that is not local, and what was asked of it. */
export interface DistantSource extends ImageSource {
  /** Digests of the blobs that were opened, in order; manifest and config left out. */
  readonly opened: string[]
  /** Blobs that are open now, the most at once, and those that have stalled. */
  readonly counts: { open: number; most: number; stalled: number }
}

/** The image of a layout as if it were far away. */
export async function distantSource(
  layout: LayoutBuilder,
  behaviours: ReadonlyMap<string, BlobBehaviour> = new Map(),
  more: Partial<ImageSource> = {},
): Promise<DistantSource> {
  const near = await openLayout(layout.directory, {
    tag: 't',
    platform: parsePlatform('linux/amd64'),
  })
  const opened: string[] = []
  const counts = { open: 0, most: 0, stalled: 0 }
  async function* blob(
    descriptor: Descriptor,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<Uint8Array> {
    const { chunkSize = 1000, ...behaviour } = behaviours.get(descriptor.digest) ?? {}
    counts.open += 1
    counts.most = Math.max(counts.most, counts.open)
    opened.push(descriptor.digest)
    try {
      let sent = 0
      for await (const piece of near.blob(descriptor)) {
        for (let at = 0; at < piece.length; at += chunkSize) {
          for (let turn = 0; turn < (behaviour.turns ?? 0); turn++) await setImmediate()
          options.signal?.throwIfAborted()
          if (sent >= (behaviour.failAt ?? Number.POSITIVE_INFINITY)) {
            while (behaviour.failWhen?.() === false) await setImmediate()
            throw new OciError('ERR_OCI_MISSING_BLOB', `${descriptor.digest} broke off`)
          }
          if (sent >= (behaviour.stallAt ?? Number.POSITIVE_INFINITY)) {
            counts.stalled += 1
            const signal = behaviour.deaf ? undefined : options.signal
            await setTimeout(2 ** 30, undefined, { signal, ref: false })
          }
          const chunk = Uint8Array.prototype.slice.call(piece, at, at + chunkSize)
          sent += chunk.length
          yield chunk
        }
      }
    } finally {
      counts.open -= 1
    }
  }
  return {
    description: 'far away',
    isLocal: false,
    opened,
    counts,
    manifest: options => near.manifest(options),
    blob,
    close: () => near.close(),
    [Symbol.asyncDispose]: () => near.close(),
    ...more,
  }
}
