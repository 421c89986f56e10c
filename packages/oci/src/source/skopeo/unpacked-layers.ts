import { parseConfig } from '../../document/config.ts'
import type { Descriptor } from '../../document/descriptor.ts'
import { parseJson } from '../../document/json.ts'
import { JsonRecord } from '../../document/json-record.ts'
import { parseManifest } from '../../document/manifest.ts'
import { OciError } from '../../errors.ts'
import type { ProxySession } from './proxy-session.ts'

/** How a store that keeps layers unpacked calls one of them. */
export interface UnpackedLayer {
  readonly digest: string
  readonly size: number | undefined
}

/**
 * Layers of a store that has unpacked them: the manifest names the blobs they once were, which nobody has any more.
 * Asked for are their tars, by the diff id or what the store has in its place.
 */
export class UnpackedLayers {
  #layers: Promise<ReadonlyMap<string, UnpackedLayer>> | undefined

  /** @throws OciError ERR_OCI_MISSING_BLOB for a layer that is not of the image, ERR_OCI_LAYER_COUNT_MISMATCH */
  async find(
    { digest, mediaType }: Descriptor,
    session: ProxySession,
    signal: AbortSignal,
  ): Promise<UnpackedLayer> {
    this.#layers ??= readLayers(session, signal)
    const layers = await this.#layers.catch(error => {
      // The next try asks again.
      this.#layers = undefined
      throw error
    })
    const layer = layers.get(digest)
    if (layer !== undefined) return layer
    throw new OciError('ERR_OCI_MISSING_BLOB', `the image has no layer ${digest}`, {
      digest,
      mediaType,
    })
  }
}

async function readLayers(
  session: ProxySession,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, UnpackedLayer>> {
  const { layers } = parseManifest((await session.manifest(signal)).bytes)
  const found = session.abilities.layerInfo
    ? await layerInfo(session, signal)
    : await diffIds(session, signal)
  if (found.length !== layers.length) {
    throw new OciError(
      'ERR_OCI_LAYER_COUNT_MISMATCH',
      `the manifest has ${layers.length} layers, the store ${found.length}`,
      { expected: layers.length, actual: found.length },
    )
  }
  return new Map(found.map((layer, i) => [layers[i]?.digest ?? '', layer]))
}

async function diffIds(session: ProxySession, signal: AbortSignal): Promise<UnpackedLayer[]> {
  const { bytes } = await session.document('GetFullConfig', signal)
  return parseConfig(bytes).diffIds.map(digest => ({ digest, size: undefined }))
}

async function layerInfo(session: ProxySession, signal: AbortSignal): Promise<UnpackedLayer[]> {
  const { bytes } = await session.document('GetLayerInfoPiped', signal)
  const node = parseJson(bytes)
  if (node.kind !== 'array') {
    throw new OciError('ERR_OCI_BAD_JSON', 'the layers of the store are no list', { offset: 0 })
  }
  return node.items.map((item, i) => {
    const record = new JsonRecord(item, `layers[${i}]`, ['digest', 'size'])
    return { digest: record.requireString('digest'), size: knownSize(record) }
  })
}

/** -1 is a size that is not known. */
function knownSize(record: JsonRecord): number | undefined {
  const node = record.child('size')
  return node?.kind === 'number' && node.text === '-1' ? undefined : record.requireSize('size')
}
