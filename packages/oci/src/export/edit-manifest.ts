import { concatBytes, encodeUtf8, showUtf8 } from '@composefs/bytes'
import { convertDockerManifest } from '../document/docker-convert.ts'
import { type JsonObject, parseJson } from '../document/json.ts'
import { applyEdits, type JsonEdit, memberObject, replaceValue } from '../document/json-edit.ts'
import type { Manifest } from '../document/manifest.ts'
import { isDockerManifest } from '../document/media-type.ts'
import { OciError } from '../errors.ts'

/** What a layer's descriptor is to say of its blob. */
export interface NewBlob {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** Members of a descriptor that are about the old bytes. */
const OLD_MEMBERS = new Set(['data', 'urls'])

/** Beginnings of annotations that say where in the old bytes something is. */
const OLD_ANNOTATIONS = [
  'io.github.containers.zstd-chunked.',
  'containerd.io/snapshot/stargz/',
  'io.containers.estargz.',
]

/**
 * A manifest some of whose layers have other blobs. Of each of these the descriptor changes where it speaks of the
 * blob; all other text stays as it is.
 *
 * @param blobs by the index of the layer
 * @throws OciError ERR_OCI_BAD_JSON
 */
export function replaceLayerBlobs(
  { json, manifest }: { readonly json: Uint8Array; readonly manifest: Manifest },
  blobs: ReadonlyMap<number, NewBlob>,
): Uint8Array {
  // Docker's manifests know no OCI layers.
  const document = isDockerManifest(manifest.mediaType ?? '')
    ? convertDockerManifest(manifest)
    : json
  const root = parseJson(document)
  const layers = root.kind === 'object' ? root.members.get('layers')?.value : undefined
  const items = layers?.kind === 'array' ? layers.items : []
  const edits: JsonEdit[] = []
  for (const [index, blob] of blobs) {
    const descriptor = items[index]
    if (descriptor?.kind !== 'object') {
      throw new OciError('ERR_OCI_BAD_JSON', `manifest.layers[${index}] is not an object`, {
        ...(descriptor === undefined ? {} : { offset: descriptor.start }),
      })
    }
    edits.push(replaceValue(descriptor, descriptorText(document, descriptor, blob)))
  }
  return applyEdits(document, edits)
}

function descriptorText(document: Uint8Array, descriptor: JsonObject, blob: NewBlob): string {
  const values = new Map([
    ['mediaType', JSON.stringify(blob.mediaType)],
    ['digest', JSON.stringify(blob.digest)],
    ['size', String(blob.size)],
  ])
  const annotations = memberObject(descriptor, 'annotations', 'descriptor')
  if (annotations !== undefined) {
    const isOld = (key: string) => OLD_ANNOTATIONS.some(prefix => key.startsWith(prefix))
    values.set('annotations', objectText(document, annotations, { values: new Map(), isOld }))
  }
  return objectText(document, descriptor, { values, isOld: key => OLD_MEMBERS.has(key) })
}

/** The text of an object without some members, and with other values of some; the white space around them stays. */
function objectText(
  document: Uint8Array,
  object: JsonObject,
  changes: {
    readonly values: ReadonlyMap<string, string>
    isOld(key: string): boolean
  },
): string {
  const parts: Uint8Array[] = []
  let end = object.start + 1
  let isFirst = true
  for (const [key, { keyStart, value }] of object.members) {
    if (!changes.isOld(key)) {
      // What stands before a member is a comma and white space, but before the first one.
      const before = document.subarray(end, keyStart)
      const comma = before.indexOf(0x2c)
      parts.push(isFirst && comma >= 0 ? before.subarray(comma + 1) : before)
      const text = changes.values.get(key)
      const valueText =
        text === undefined ? document.subarray(value.start, value.end) : encodeUtf8(text)
      parts.push(document.subarray(keyStart, value.start), valueText)
      isFirst = false
    }
    end = value.end
  }
  return `{${showUtf8(concatBytes(parts))}${showUtf8(document.subarray(end, object.end))}`
}
