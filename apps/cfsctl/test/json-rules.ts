import { expect } from 'vitest'

/** What is special about one document. */
export interface DocumentShape {
  /** The document is one of cfsctl 0.9.4: it has no schema word, and with `camelCase` other keys. */
  readonly isUpstream?: boolean
  readonly camelCase?: boolean
  /** The keys that have to be there, in this order; others may stand between and behind. */
  readonly fields?: readonly string[]
  /** Digests here are ids of EROFS images: paths of keys, such as `images.digest`. */
  readonly imageIds?: readonly string[]
  /** What looks like an id and is something else. */
  readonly words?: readonly string[]
  /** Lists in an order of their own, and why is in the row. */
  readonly unsorted?: readonly string[]
  /** Objects whose keys are names of others, not ours. */
  readonly maps?: readonly string[]
}

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

const SNAKE = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/
const CAMEL = /^[a-z][a-zA-Z0-9]*$/
const HEX = /^(?:[0-9a-f]{64}|[0-9a-f]{128})$/
const OCI_DIGEST = /^sha256:[0-9a-f]{64}$/
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/

/** Keys of fs-verity ids, of digests and of times. */
const ID_KEY = /(?:^|_)(?:id|verity|erofs|sealed)$/
const DIGEST_KEY = /(?:^|_)(?:digest|digests|subject|source_config)$|^diff_?[iI]d$|^referrers$/
const TIME_KEY = /^(?:created|mtime|time)$/

/** What orders the objects of a list: the first of these that they have. */
const ORDER = ['name', 'path', 'mountpoint', 'config_digest', 'digest', 'kind', 'id']

/** Checks that a text is one document in the form that all of them have, and returns it. */
export function expectDocument(text: string, command: string, shape: DocumentShape = {}): Json {
  const document = JSON.parse(text) as Json
  expect(text, 'two blanks a level and a newline').toBe(`${JSON.stringify(document, null, 2)}\n`)
  if (!Array.isArray(document) && document !== null && typeof document === 'object') {
    const keys = Object.keys(document)
    if (shape.isUpstream === true) expect(keys).not.toContain('schema')
    else {
      expect(keys[0]).toBe('schema')
      expect(document.schema).toBe(`cfsctl.${command.replaceAll(' ', '-')}/1`)
    }
    const { fields = [] } = shape
    expect(
      keys.filter(key => fields.includes(key)),
      'its fields in their order',
    ).toEqual(fields)
  }
  checkValue(document, '', shape)
  return document
}

function checkValue(value: Json, path: string, shape: DocumentShape): void {
  if (Array.isArray(value)) {
    checkList(value, path, shape)
    return
  }
  if (typeof value === 'number') expect(Number.isSafeInteger(value), `${path}: ${value}`).toBe(true)
  if (value === null || typeof value !== 'object') return
  for (const [key, member] of Object.entries(value)) {
    const place = path === '' ? key : `${path}.${key}`
    if (shape.maps?.includes(path) !== true) {
      expect(key, `name of ${place}`).toMatch(shape.camelCase === true ? CAMEL : SNAKE)
    }
    for (const item of Array.isArray(member) ? member : [member]) checkText(key, item, place, shape)
    checkValue(member, place, shape)
  }
}

function checkText(key: string, value: Json, place: string, shape: DocumentShape): void {
  if (typeof value !== 'string' || shape.words?.includes(place) === true) return
  const isImage = shape.imageIds?.includes(place) === true
  if (DIGEST_KEY.test(key) && !isImage) expect(value, place).toMatch(OCI_DIGEST)
  else if (ID_KEY.test(key) || isImage) expect(value, place).toMatch(HEX)
  else if (TIME_KEY.test(key)) expect(value, place).toMatch(RFC3339)
}

/** All items have the same keys, also where nothing is known of one, and stand in order. */
function checkList(list: readonly Json[], path: string, shape: DocumentShape): void {
  for (const item of list) checkValue(item, path, shape)
  const keys = list.map(item => JSON.stringify(keysOf(item)))
  expect([...new Set(keys)].length, `keys in ${path}: ${keys.join(' ')}`).toBeLessThanOrEqual(1)
  if (shape.unsorted?.includes(path) === true) return
  const names = list.map(nameOf)
  expect(names, `order of ${path}`).toEqual([...names].sort(Buffer.compare))
}

function keysOf(item: Json): string[] | string {
  if (item === null || typeof item !== 'object' || Array.isArray(item)) return typeof item
  // A name that is not UTF-8 has its bytes beside it.
  return Object.keys(item).filter(key => !key.endsWith('_base64') || key === 'content_base64')
}

/** What an item is ordered by, as bytes: that is what names are. */
function nameOf(item: Json): Buffer {
  if (item === null || typeof item !== 'object' || Array.isArray(item)) {
    return Buffer.from(String(item))
  }
  const key = ORDER.find(name => typeof item[name] === 'string') ?? ''
  const bytes = item[`${key}_base64`]
  if (typeof bytes === 'string') return Buffer.from(bytes, 'base64')
  return Buffer.from(String(item[key] ?? ''))
}
