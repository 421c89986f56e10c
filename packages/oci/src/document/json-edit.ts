import { concatBytes, encodeUtf8, showUtf8 } from '@composefs/bytes'
import { OciError } from '../errors.ts'
import type { JsonNode, JsonObject } from './json.ts'

const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d])
const COLON = 0x3a

/** A part of a document's text and what stands there instead. */
export interface JsonEdit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * A document with some parts of its text replaced; all other bytes stay as they are.
 *
 * @throws RangeError when two edits overlap
 */
export function applyEdits(document: Uint8Array, edits: readonly JsonEdit[]): Uint8Array {
  const parts: Uint8Array[] = []
  let at = 0
  for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start)) {
    if (start < at) throw new RangeError('two edits of the same bytes')
    parts.push(document.subarray(at, start), encodeUtf8(text))
    at = end
  }
  return concatBytes([...parts, document.subarray(at)])
}

/** Replaces a value. `text` is JSON. */
export function replaceValue(node: JsonNode, text: string): JsonEdit {
  return { start: node.start, end: node.end, text }
}

/**
 * Adds a member behind the last one of an object, with the white space that stands around that one. `value` is JSON.
 */
export function addMember(
  document: Uint8Array,
  object: JsonObject,
  member: { readonly key: string; readonly value: string },
): JsonEdit {
  const key = JSON.stringify(member.key)
  const last = [...object.members.values()].at(-1)
  if (last === undefined) {
    return { start: object.start, end: object.end, text: `{${key}:${member.value}}` }
  }
  const before = spaceBefore(document, last.keyStart)
  const colon = last.value.start - spaceBefore(document, last.value.start).length - 1
  const beforeColon = document[colon] === COLON ? spaceBefore(document, colon) : ''
  const afterColon = spaceBefore(document, last.value.start)
  const text = `,${before}${key}${beforeColon}:${afterColon}${member.value}`
  return { start: last.value.end, end: last.value.end, text }
}

/** The object that stands under `key`; undefined when it is absent or `null`. */
export function memberObject(
  object: JsonObject,
  key: string,
  where: string,
): JsonObject | undefined {
  const node = object.members.get(key)?.value
  if (node === undefined || node.kind === 'null') return undefined
  if (node.kind === 'object') return node
  throw new OciError('ERR_OCI_BAD_JSON', `${where}.${key} is not an object`, { offset: node.start })
}

function spaceBefore(document: Uint8Array, end: number): string {
  let start = end
  while (SPACE.has(document[start - 1] ?? 0)) start -= 1
  return showUtf8(document.subarray(start, end))
}
