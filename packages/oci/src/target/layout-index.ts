import { encodeUtf8, showUtf8 } from '@composefs/bytes'
import { parseIndex, REF_NAME } from '../document/index-document.ts'
import { parseJson } from '../document/json.ts'
import { applyEdits, replaceValue } from '../document/json-edit.ts'
import { OCI_INDEX } from '../document/media-type.ts'
import { OciError } from '../errors.ts'

/** A manifest that is to be in an `index.json`. */
export interface IndexEntry {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  /** The name it gets; without one it is found by its digest, or as the only one there is. */
  readonly tag: string | undefined
}

/** An `index.json` of one manifest. */
export function newIndex(entry: IndexEntry): Uint8Array {
  const text = `{"schemaVersion":2,"mediaType":${JSON.stringify(OCI_INDEX)},"manifests":[${entryText(entry)}]}`
  return encodeUtf8(text)
}

/** An `index.json` with one more manifest. */
export interface EditedIndex {
  readonly bytes: Uint8Array
  /** The manifest that had the tag before, if it was another one. */
  readonly previous: string | undefined
}

/**
 * An `index.json` with one more manifest, in the place of whatever had its tag. All other text stays.
 *
 * @throws OciError what parseIndex throws
 */
export function addToIndex(index: Uint8Array, entry: IndexEntry): EditedIndex {
  const { manifests } = parseIndex(index)
  const root = parseJson(index)
  const list = root.kind === 'object' ? root.members.get('manifests')?.value : undefined
  if (list?.kind !== 'array') {
    throw new OciError('ERR_OCI_BAD_JSON', 'index.manifests is not a list', {
      offset: (list ?? root).start,
    })
  }
  const texts: string[] = []
  let previous: string | undefined
  let isPlaced = false
  for (const [i, node] of list.items.entries()) {
    const present = manifests[i]
    const isReplaced = present !== undefined && hasPlaceOf(present, entry)
    if (!isReplaced) texts.push(showUtf8(index.subarray(node.start, node.end)))
    else if (!isPlaced) texts.push(entryText(entry))
    isPlaced ||= isReplaced
    if (isReplaced && present.digest !== entry.digest) previous ??= present.digest
  }
  if (!isPlaced) texts.push(entryText(entry))
  return { bytes: applyEdits(index, [replaceValue(list, `[${texts.join(',')}]`)]), previous }
}

/** True for the entry of the same tag; an image without a tag takes the place of itself alone. */
function hasPlaceOf(
  present: { readonly digest: string; readonly annotations: ReadonlyMap<string, string> },
  { tag, digest }: IndexEntry,
): boolean {
  if (present.annotations.get(REF_NAME) !== tag) return false
  return tag !== undefined || present.digest === digest
}

function entryText({ mediaType, digest, size, tag }: IndexEntry): string {
  const annotations = tag === undefined ? {} : { annotations: { [REF_NAME]: tag } }
  return JSON.stringify({ mediaType, digest, size, ...annotations })
}
