import { parseManifest } from '../src/document/manifest.ts'
import { type ImageSource, isOciError, openSkopeo } from '../src/index.ts'
import { sha256 } from './docker-archive-builder.ts'
import type { SkopeoBehaviour, SkopeoFault } from './fake-skopeo/behaviour.ts'
import { type FakeSkopeo, fakeSkopeo } from './fake-skopeo/start.ts'
import { CONFIG, collect, LAYER, MANIFEST } from './layout-builder.ts'
import { withoutLeaks } from './leaks.ts'

/** Bytes that differ everywhere, so that a piece that is missing or comes twice is seen. */
export function counted(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE(at, at)
  return bytes
}

export const SMALL = Buffer.from('a small layer')
/** More than a pipe holds. */
export const LARGE = counted(1_500_000)
export const CONFIG_TEXT = JSON.stringify({
  architecture: 'amd64',
  os: 'linux',
  config: {},
  rootfs: { type: 'layers', diff_ids: [SMALL, LARGE].map(layer => `sha256:${sha256(layer)}`) },
})

const describeBlob = (content: string | Uint8Array, mediaType: string) => ({
  mediaType,
  digest: `sha256:${sha256(content)}`,
  size: content.length,
})

export const MANIFEST_TEXT = JSON.stringify({
  schemaVersion: 2,
  mediaType: MANIFEST,
  config: describeBlob(CONFIG_TEXT, CONFIG),
  layers: [describeBlob(SMALL, LAYER), describeBlob(LARGE, LAYER)],
})

export const PARSED = parseManifest(Buffer.from(MANIFEST_TEXT))
export const [SMALL_LAYER, LARGE_LAYER] = PARSED.layers as unknown as [
  (typeof PARSED.layers)[0],
  (typeof PARSED.layers)[0],
]

/** A skopeo that serves the image of these. */
export function fakeWith(
  faults: readonly SkopeoFault[] = [],
  more: Partial<SkopeoBehaviour> = {},
): FakeSkopeo {
  const behaviour = { version: '0.2.3', manifest: MANIFEST_TEXT, config: CONFIG_TEXT, faults }
  return fakeSkopeo({ ...behaviour, ...more }, [CONFIG_TEXT, SMALL, LARGE])
}

/** How to open an image by a fake. */
export interface OpenFake {
  readonly reference?: string
  readonly idleTimeoutMs?: number
  readonly retries?: number
  readonly onRetry?: (event: { readonly reason: string; readonly offset?: number }) => void
}

export function open(fake: FakeSkopeo, options: OpenFake = {}): Promise<ImageSource> {
  const { reference = 'dir:/image', idleTimeoutMs = 5000, retries = 0, onRetry } = options
  const registry = { env: fake.env, idleTimeoutMs, retries, ...(onRetry && { onRetry }) }
  return openSkopeo(reference, { skopeo: fake.options, registry })
}

/** Opens an image, does something with it and closes it: nothing must be left of it. */
export function using<T>(
  fake: FakeSkopeo,
  options: OpenFake,
  act: (source: ImageSource) => Promise<T>,
): Promise<T> {
  return withoutLeaks(async () => {
    await using source = await open(fake, options)
    return await act(source)
  })
}

/** The code that something ends with. */
export async function codeOf(act: Promise<unknown>): Promise<string> {
  try {
    await act
    return 'done'
  } catch (error) {
    if (isOciError(error)) return error.code
    throw error
  }
}

/** Manifest, config and layers, as one thing to compare. */
export async function readImage(source: ImageSource): Promise<string[]> {
  const manifest = await source.manifest()
  const blobs = [PARSED.config, ...PARSED.layers]
  const contents = await Promise.all(blobs.map(blob => collect(source.blob(blob))))
  return [manifest.digest, ...contents.map(bytes => `sha256:${sha256(bytes)}`)]
}

export const WHOLE_IMAGE = [
  `sha256:${sha256(MANIFEST_TEXT)}`,
  ...[PARSED.config, ...PARSED.layers].map(({ digest }) => digest),
]
