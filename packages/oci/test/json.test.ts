import { encodeUtf8 } from '@composefs/bytes'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JSON_DEPTH_MAX, JSON_SIZE_MAX, type JsonNode, parseJson } from '../src/document/json.ts'
import { isOciError } from '../src/errors.ts'

/** What JSON.parse would make of the node; members in order, so that `__proto__` and duplicates show. */
function plain(node: JsonNode): unknown {
  switch (node.kind) {
    case 'null':
      return null
    case 'boolean':
    case 'string':
      return node.value
    case 'number':
      return Number(node.text)
    case 'array':
      return node.items.map(plain)
    case 'object':
      return new Map([...node.members].map(([key, { value }]) => [key, plain(value)]))
  }
}

function withMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMaps)
  if (value === null || typeof value !== 'object') return value
  return new Map(Object.entries(value).map(([key, inner]) => [key, withMaps(inner)]))
}

const BAD = 'ERR_OCI_BAD_JSON'

const parse = (text: string) => parseJson(encodeUtf8(text))

describe('a value is read', () => {
  test.each([
    ['white space around', ' \t\r\n{ } \n', new Map()],
    ['escapes', String.raw`"\"\\\/\b\f\n\r\t\u0041\u00e9"`, '"\\/\b\f\n\r\tA\u00e9'],
    ['a surrogate pair', String.raw`"\ud83d\ude00"`, '\u{1f600}'],
    ['UTF-8 as it is', '"\u00fc\u{1f600}\ufffd"', '\u00fc\u{1f600}\ufffd'],
    ['numbers', '[0, -0, 10, 1.5, -2e3, 1E+2, 3e-1]', [0, -0, 10, 1.5, -2000, 100, 0.3]],
    ['words', '[true,false,null]', [true, false, null]],
    [
      'keys of Object.prototype',
      '{"__proto__":1,"constructor":2}',
      new Map([
        ['__proto__', 1],
        ['constructor', 2],
      ]),
    ],
    ['the empty key', '{"":{}}', new Map([['', new Map()]])],
    [
      'as many levels as may be',
      '['.repeat(JSON_DEPTH_MAX) + ']'.repeat(JSON_DEPTH_MAX),
      undefined,
    ],
  ])('%s', (_, text, expected) => {
    const value = plain(parse(text))
    if (expected !== undefined) expect(value).toEqual(expected)
  })

  test('numbers keep their text', () => {
    expect(parse('9223372036854775807')).toEqual({
      kind: 'number',
      text: '9223372036854775807',
      start: 0,
      end: 19,
    })
  })

  test('members know where they stand, in bytes', () => {
    const text = '{"\u00fc": "x", "k" : [1]}'
    const node = parse(text)
    if (node.kind !== 'object') throw new Error('not an object')
    const member = node.members.get('k')
    const bytes = encodeUtf8(text)
    expect(member?.keyStart).toBe(bytes.indexOf(0x6b) - 1)
    const { start, end } = member?.value ?? { start: 0, end: 0 }
    expect(new TextDecoder().decode(bytes.subarray(start, end))).toBe('[1]')
  })
})

describe('a text is refused', () => {
  test.each([
    ['nothing', '', BAD, 0],
    ['a second value', '{} {}', BAD, 3],
    ['a cut object', '{"a":1', BAD, 6],
    ['a cut string', '["abc', BAD, 1],
    ['a missing comma', '[1 2]', BAD, 3],
    ['a trailing comma in a list', '[1,]', BAD, 3],
    ['a trailing comma in an object', '{"a":1,}', BAD, 7],
    ['a key without quotes', '{a:1}', BAD, 1],
    ['single quotes', "{'a':1}", BAD, 1],
    ['a comment', '/* */ 1', BAD, 0],
    ['a leading zero', '01', BAD, 0],
    ['a plus sign', '+1', BAD, 0],
    ['a dot without digits', '1.', BAD, 0],
    ['no digits before the dot', '.5', BAD, 0],
    ['an empty exponent', '1e', BAD, 0],
    ['NaN', 'NaN', BAD, 0],
    ['hex', '0x10', BAD, 1],
    ['a word in capitals', 'True', BAD, 0],
    ['a cut word', 'tru', BAD, 0],
    ['a line end in a string', '"a\nb"', BAD, 2],
    ['an unknown escape', String.raw`"\x41"`, BAD, 1],
    ['a cut escape', String.raw`"\u00"`, BAD, 1],
    ['a lone high surrogate', String.raw`"\ud800"`, BAD, 1],
    ['a high surrogate before something else', String.raw`"\ud800A"`, BAD, 1],
    ['a lone low surrogate', String.raw`"\udc00"`, BAD, 1],
    ['a byte order mark', '\ufeff{}', BAD, 0],
    ['a no-break space around', '\u00a0{}', BAD, 0],
    ['a key twice', '{"a":1,"b":2,"a":1}', 'ERR_OCI_DUPLICATE_KEY', 13],
    ['a key twice, once escaped', String.raw`{"a":1,"\u0061":2}`, 'ERR_OCI_DUPLICATE_KEY', 7],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}', 'ERR_OCI_DUPLICATE_KEY', 15],
    ['one level too many', '['.repeat(JSON_DEPTH_MAX + 1), BAD, JSON_DEPTH_MAX],
  ])('%s', (_, text, code, offset) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code, facts: { offset } }))
  })

  test.each([
    ['a stray continuation byte', [0x22, 0x61, 0x80, 0x22], 2],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22], 1],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22], 1],
    ['a cut sequence behind a real U+FFFD', [0x22, 0xef, 0xbf, 0xbd, 0xe2, 0x82, 0x22], 4],
    ['UTF-16', [0x7b, 0x00, 0x7d, 0x00], 1],
  ])('%s', (_, bytes, offset) => {
    expect(() => parseJson(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code: BAD, facts: { offset } }),
    )
  })

  test('a document too large to be one', () => {
    const spaces = new Uint8Array(JSON_SIZE_MAX + 1).fill(0x20)
    expect(() => parseJson(spaces)).toThrow(expect.objectContaining({ code: BAD }))
  })

  test('a string of nothing but escapes', () => {
    const text = `"${'\\n\\u00e9\\ud83d\\ude00a'.repeat(5000)}"`
    expect(parseJson(encodeUtf8(text))).toMatchObject({ kind: 'string', value: JSON.parse(text) })
  })

  test('more values than fit in memory', () => {
    const zeros = encodeUtf8(`[${'0,'.repeat(1 << 20)}0]`)
    expect(() => parseJson(zeros)).toThrow(expect.objectContaining({ code: BAD }))
  })
})

test('what JSON.stringify writes is read back, whatever the indent', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 4 }), (value, indent) => {
      expect(plain(parse(JSON.stringify(value, undefined, indent)))).toEqual(
        withMaps(JSON.parse(JSON.stringify(value))),
      )
    }),
  )
})

test('what JSON.parse refuses is refused, and nothing but our error is thrown', () => {
  const pieces = fc.constantFrom(
    ...['{', '}', '[', ']', ',', ':', '"', '"a"', '"b"', '\\', '\\u12', '1', '-', '.', 'e5', '0'],
    ...['true', 'null', ' ', '\n', '\u0001', '\u00fc', '/'],
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 14 }), parts => {
      const text = parts.join('')
      let node: JsonNode
      try {
        node = parse(text)
      } catch (error) {
        expect(isOciError(error)).toBe(true)
        if (isOciError(error, 'ERR_OCI_BAD_JSON')) expect(() => JSON.parse(text)).toThrow()
        return
      }
      expect(plain(node)).toEqual(withMaps(JSON.parse(text)))
    }),
    { numRuns: 3000 },
  )
})

test('changed bytes give a value or our error', () => {
  const document = encodeUtf8(
    JSON.stringify({
      schemaVersion: 2,
      layers: [{ size: 1.5e3, digest: 'sha256:\u00fc' }],
      a: null,
    }),
  )
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(document.length - 1), fc.nat(255)), { maxLength: 4 }),
      changes => {
        const bytes = document.slice()
        for (const [at, byte] of changes) bytes[at] = byte
        try {
          parseJson(bytes)
        } catch (error) {
          expect(isOciError(error)).toBe(true)
        }
      },
    ),
  )
})
