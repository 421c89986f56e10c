import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeUtf8, encodeUtf8 } from '@composefs/bytes'
import { SHA256, SHA512 } from '@composefs/fsverity'
import { vectorsDirectory } from '@composefs/test-fixtures'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createMetadata,
  type ErofsFormats,
  encodeMetadata,
  erofsFormatsOf,
  isRepositoryError,
  parseMetadata,
  unknownWriteFeatures,
} from '../src/index.ts'
import { codeOf } from './code-of.ts'

interface MetadataCase {
  readonly name: string
  readonly text: string
  readonly cfsctl: string
  readonly want: string
}

const vectors = join(vectorsDirectory, 'repo')
const index = JSON.parse(readFileSync(join(vectors, 'index.json'), 'utf8')) as {
  readonly meta_json_cases: readonly MetadataCase[]
}
const BASE = '"version":1,"algorithm":"fsverity-sha256-12"'
const parse = (text: string) => parseMetadata(encodeUtf8(text))

describe('meta.json of the vectors', () => {
  test.each(index.meta_json_cases)('$name: $cfsctl, wanted: $want', ({ text, cfsctl, want }) => {
    const expected = want === 'same' ? cfsctl : want
    if (expected === 'refused') {
      expect(() => parse(text)).toThrow(expect.objectContaining({ name: 'RepositoryError' }))
      return
    }
    const metadata = parse(text)
    const format = /open, V(\d)/.exec(expected)?.[1]
    if (format !== undefined) {
      expect(erofsFormatsOf(metadata)).toEqual({ default: Number(format), extra: [] })
    }
    expect(unknownWriteFeatures(metadata)).toEqual(expected.includes('refused') ? ['foo'] : [])
  })

  test.each(['sha256-v1', 'sha256-v2', 'sha256-dual', 'sha512-v1'])(
    'that of %s is written as it is read',
    name => {
      const facts = JSON.parse(readFileSync(join(vectors, 'repos', `${name}.json`), 'utf8'))
      const metadata = parse(facts.meta_json)
      expect(decodeUtf8(encodeMetadata(metadata))).toBe(facts.meta_json)
      const formats = erofsFormatsOf(metadata)
      const made = createMetadata(metadata.algorithm, formats)
      expect(decodeUtf8(encodeMetadata(made))).toBe(facts.meta_json)
    },
  )
})

describe('parseMetadata', () => {
  test.each([
    ['an array', '[]', 'ERR_REPOSITORY_BAD_METADATA'],
    ['null', 'null', 'ERR_REPOSITORY_BAD_METADATA'],
    ['a fraction as version', `{"version":1.5,"algorithm":"x"}`, 'ERR_REPOSITORY_BAD_METADATA'],
    ['a version of 33 bits', `{"version":4294967296}`, 'ERR_REPOSITORY_BAD_METADATA'],
    ['a version as text', `{"version":"1"}`, 'ERR_REPOSITORY_BAD_METADATA'],
    ['a newer version', `{${BASE.replace('1', '2')}}`, 'ERR_REPOSITORY_UNSUPPORTED_VERSION'],
    ['no block size', '{"version":1,"algorithm":"sha256"}', 'ERR_REPOSITORY_UNSUPPORTED_ALGORITHM'],
    ['features as list', `{${BASE},"features":[]}`, 'ERR_REPOSITORY_BAD_METADATA'],
    ['features null', `{${BASE},"features":null}`, 'ERR_REPOSITORY_BAD_METADATA'],
    [
      'a number as feature',
      `{${BASE},"features":{"compatible":[1]}}`,
      'ERR_REPOSITORY_BAD_METADATA',
    ],
    ['formats without default', `{${BASE},"erofs_formats":{}}`, 'ERR_REPOSITORY_BAD_METADATA'],
    [
      'extra 3',
      `{${BASE},"erofs_formats":{"default":1,"extra":[3]}}`,
      'ERR_REPOSITORY_BAD_METADATA',
    ],
    ['a byte order mark', `\ufeff{${BASE}}`, 'ERR_REPOSITORY_BAD_METADATA'],
    [
      'an incompatible feature',
      `{${BASE},"features":{"incompatible":["future"]}}`,
      'ERR_REPOSITORY_UNSUPPORTED_FEATURE',
    ],
  ])('refuses %s', async (_, text, code) => {
    expect(await codeOf(() => parse(text))).toBe(code)
  })

  test('refuses bytes that are no UTF-8', async () => {
    const code = await codeOf(() => parseMetadata(Uint8Array.of(0x22, 0xff, 0x22)))
    expect(code).toBe('ERR_REPOSITORY_BAD_METADATA')
  })

  test('gives metadata or its own error for any JSON', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        try {
          parse(text)
        } catch (error) {
          expect(isRepositoryError(error)).toBe(true)
        }
      }),
    )
  })
})

describe('the formats', () => {
  test.each([
    ['', [], { default: 2, extra: [] }],
    ['', ['v1_erofs'], { default: 1, extra: [] }],
    ['{"default":2}', ['v1_erofs'], { default: 1, extra: [] }],
    ['{"default":2}', [], { default: 2, extra: [] }],
    ['{"default":2,"extra":[1]}', ['v1_erofs'], { default: 2, extra: [1] }],
    ['{"default":0}', ['v1_erofs'], { default: 0, extra: [] }],
    ['{"default":1,"extra":[2,0,1,2]}', [], { default: 1, extra: [0, 2] }],
  ] satisfies [string, string[], ErofsFormats][])(
    'of %j with features %j are %j',
    (formats, features, expected) => {
      const rest = formats === '' ? '' : `,"erofs_formats":${formats}`
      const list = JSON.stringify({ 'read-only-compatible': features })
      expect(erofsFormatsOf(parse(`{${BASE},"features":${list}${rest}}`))).toEqual(expected)
    },
  )

  test.each([0, 1, 2] as const)('a new repository of format V%i says so', version => {
    const metadata = createMetadata(SHA512, { default: version, extra: [] })
    expect(erofsFormatsOf(parseMetadata(encodeMetadata(metadata)))).toEqual({
      default: version,
      extra: [],
    })
    expect(metadata.features.readOnlyCompatible).toEqual(version === 1 ? ['v1_erofs'] : [])
  })

  test('are written sorted, once each', () => {
    const text = decodeUtf8(
      encodeMetadata(createMetadata(SHA256, { default: 1, extra: [2, 0, 2] })),
    )
    expect(JSON.parse(text ?? '').erofs_formats).toEqual({ default: 1, extra: [0, 2] })
  })
})
