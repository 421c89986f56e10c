import type { Random } from '../random.ts'
import { INPUT_MAX } from '../target.ts'
import { INTERESTING } from './interesting.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const DIGEST = `sha256:${'0'.repeat(64)}`
const STRINGS = [
  ...[
    '',
    'a',
    DIGEST,
    `sha512:${'0'.repeat(128)}`,
    'sha256:',
    'sha256:../../x',
    'a+b:c',
    '\0',
    '\ud800',
  ],
  ...['application/vnd.oci.image.manifest.v1+json', 'application/vnd.oci.image.layer.v1.tar+gzip'],
  ...['application/vnd.oci.image.config.v1+json', 'application/vnd.oci.image.index.v1+json'],
  ...['fsverity-sha256-12', 'fsverity-sha512-12', 'v1_erofs', '𐍈', 'x'.repeat(5000)],
]
const KEYS = [
  ...['schemaVersion', 'mediaType', 'artifactType', 'config', 'layers', 'manifests', 'subject'],
  ...['annotations', 'digest', 'size', 'data', 'urls', 'platform', 'os', 'architecture', 'variant'],
  ...['rootfs', 'diff_ids', 'Labels', 'created', '__proto__', 'constructor', 'toString', 'LAYERS'],
  ...['version', 'algorithm', 'features', 'compatible', 'read-only-compatible', 'incompatible'],
  ...['erofs_formats', 'default', 'extra', 'Config', 'RepoTags', 'Layers', 'ſize', '', 'length'],
]
/** Texts in the place of a value that JSON.stringify never writes. */
const RAW = [
  ...['1e400', '-0', '1.0', '1E2', '00', '+1', '.5', '5.', 'NaN', 'nul', 'True', "'a'", '"\\u12"'],
  ...['"\\ud800\\udc00"', '"\\ud800"', '"\t"', '"\\x"', '9007199254740993', '18446744073709551616'],
  ...['1'.repeat(400), '{"a":1,"a":2}', '{"a":1,}', '[1,]', '[,]', '{}{}', '"\ufeff"', '/* */ 1'],
]
/** Stands for a RAW text until the document is written. */
const MARK = '\u{f0000}raw'

/** Characters that a repeated value may take up. */
const REPEATED_MAX = 100_000

/** Changes the values of a JSON document, or how they are written. */
export function mutateJson(
  input: Uint8Array,
  random: Random,
  others: readonly Uint8Array[],
): Uint8Array | undefined {
  const value = parse(input)
  if (value === undefined) return undefined
  const foreign = others.length > 0 ? parse(random.pick(others)) : undefined
  let changed = value
  const changes = 1 << random.below(4)
  for (let i = 0; i < changes; i++) changed = mutateValue(changed, random, foreign ?? null)
  let text = stringify(changed, random)
  if (text === undefined || text.length > INPUT_MAX) return undefined
  text = text.replaceAll(`"${MARK}"`, () => random.pick(RAW))
  if (random.oneIn(20)) text = nest(text, random)
  if (random.oneIn(30)) text = `\ufeff${text}`
  return Buffer.from(text).subarray(0, INPUT_MAX)
}

/** Undefined for a value that doubled itself too often. */
function stringify(value: Json, random: Random): string | undefined {
  if (!isSmall(value)) return undefined
  return JSON.stringify(value, undefined, random.pick([0, 0, 1, '\t', '\r\n ']))
}

/** Levels that JSON.stringify, which calls itself for each, surely has room for. */
const DEPTH_MAX = 1000

/** True when the text of a value has some INPUT_MAX characters at most, indents left out, and few levels. */
function isSmall(value: Json): boolean {
  let left = INPUT_MAX
  const rest: { readonly item: Json; readonly depth: number }[] = [{ item: value, depth: 0 }]
  for (let next = rest.pop(); next !== undefined && left > 0; next = rest.pop()) {
    const { item, depth } = next
    if (depth > DEPTH_MAX) return false
    left -= 2
    if (typeof item === 'string') left -= item.length
    if (typeof item !== 'object' || item === null) continue
    const items = Array.isArray(item) ? item : Object.values(item)
    // What is not looked at counts too: no list grows beyond what is left.
    if (items.length > left) return false
    for (const child of items) rest.push({ item: child, depth: depth + 1 })
    left -= items.length
  }
  return left > 0
}

/** Goes down to some place of a value and changes what is there. */
function mutateValue(value: Json, random: Random, foreign: Json): Json {
  if (typeof value !== 'object' || value === null || random.oneIn(6)) {
    return randomValue(random, foreign, value)
  }
  if (Array.isArray(value)) {
    const at = random.below(value.length + 1)
    if (random.oneIn(3)) return changeArray(value, at, random, foreign)
    return value.map((item, i) => (i === at ? mutateValue(item, random, foreign) : item))
  }
  const keys = Object.keys(value)
  const key = keys[random.below(keys.length + 1)]
  if (key === undefined || random.oneIn(4)) return changeObject(value, key, random, foreign)
  return withKey(value, key, mutateValue(value[key] as Json, random, foreign))
}

function changeArray(list: Json[], at: number, random: Random, foreign: Json): Json[] {
  const item = list[at]
  switch (random.below(4)) {
    case 0:
      return list.toSpliced(at, 1)
    case 1:
      return list.toSpliced(at, 0, randomValue(random, foreign, item ?? null))
    case 2:
      return item === undefined ? [] : list.concat(copiesOf(item, random))
    default:
      return list.toReversed()
  }
}

/** Up to 512 of them, and not much more than REPEATED_MAX characters. */
function copiesOf(item: Json, random: Random): Json[] {
  const most = Math.ceil(REPEATED_MAX / (JSON.stringify(item).length + 1))
  return Array.from({ length: Math.min(1 << random.below(10), most) }, () => item)
}

function changeObject(
  record: { [key: string]: Json },
  key: string | undefined,
  random: Random,
  foreign: Json,
): Json {
  const added = random.oneIn(2) ? random.pick(KEYS) : (key ?? 'a').toUpperCase()
  if (key === undefined || random.oneIn(2)) {
    return withKey(record, added, randomValue(random, foreign, record))
  }
  const entries = Object.entries(record).filter(([name]) => name !== key)
  return random.oneIn(2)
    ? fromEntries(entries)
    : withKey(fromEntries(entries), added, record[key] as Json)
}

function randomValue(random: Random, foreign: Json, like: Json): Json {
  switch (random.below(9)) {
    case 0:
      return null
    case 1:
      return random.oneIn(2)
    case 2:
      return Number(random.pick(INTERESTING)) * (random.oneIn(6) ? -1 : 1)
    case 3:
      return [like]
    case 4:
      return fromEntries([[random.pick(KEYS), like]])
    case 5:
      return foreign
    case 6:
      return MARK
    case 7:
      return random.pick([[], {}])
    default:
      return random.pick(STRINGS)
  }
}

/** Never through a setter: `__proto__` is a key like any other. */
function withKey(
  record: { [key: string]: Json },
  key: string,
  value: Json,
): { [key: string]: Json } {
  return fromEntries([...Object.entries(record).filter(([name]) => name !== key), [key, value]])
}

function fromEntries(entries: readonly (readonly [string, Json])[]): { [key: string]: Json } {
  return Object.fromEntries(entries)
}

function nest(text: string, random: Random): string {
  const depth = random.pick([
    1,
    2,
    40,
    62,
    63,
    64,
    65,
    66,
    100,
    10_000,
    random.oneIn(10) ? 150_000 : 1000,
  ])
  if (random.oneIn(3)) return '['.repeat(depth)
  if (random.oneIn(2)) return `${'['.repeat(depth)}${text}${']'.repeat(depth)}`
  return `${'{"a":'.repeat(depth)}${text}${'}'.repeat(depth)}`
}

function parse(bytes: Uint8Array): Json | undefined {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as Json
  } catch {
    return undefined
  }
}
