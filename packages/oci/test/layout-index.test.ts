import { encodeUtf8, showUtf8 } from '@composefs/bytes'
import { describe, expect, test } from 'vitest'
import { addToIndex, newIndex } from '../src/target/layout-index.ts'
import { MANIFEST } from './layout-builder.ts'

const hex = (digit: string) => `sha256:${digit.repeat(64)}`

function entry(digit: string, tag?: string): string {
  const name = 'org.opencontainers.image.ref.name'
  const annotations = tag === undefined ? {} : { annotations: { [name]: tag } }
  return JSON.stringify({ mediaType: MANIFEST, digest: hex(digit), size: 1, ...annotations })
}

const added = (digit: string, tag?: string) => ({
  mediaType: MANIFEST,
  digest: hex(digit),
  size: 1,
  tag,
})

describe('an index.json with one more image', () => {
  test.each([
    ['of an empty one', '', added('1', 'a'), entry('1', 'a'), undefined],
    [
      'behind the others',
      entry('1', 'a'),
      added('2', 'b'),
      `${entry('1', 'a')},${entry('2', 'b')}`,
    ],
    [
      'in the place of its tag, once',
      `${entry('1', 'a')},${entry('2', 'b')},${entry('3', 'a')}`,
      added('4', 'a'),
      `${entry('4', 'a')},${entry('2', 'b')}`,
      hex('1'),
    ],
    ['that was there', entry('1', 'a'), added('1', 'a'), entry('1', 'a')],
    ['without a tag', entry('1', 'a'), added('1'), `${entry('1', 'a')},${entry('1')}`],
    ['without a tag, that was there', entry('1'), added('1'), entry('1')],
    ['without a tag, beside another', entry('1'), added('2'), `${entry('1')},${entry('2')}`],
  ])('%s', (_, list, image, expected, previous?: string) => {
    const document = (text: string) => `{ "schemaVersion":2,\n"manifests":[${text}], "x": 1.0 }\n`
    const edited = addToIndex(encodeUtf8(document(list)), image)
    expect(showUtf8(edited.bytes)).toBe(document(expected))
    expect(edited.previous).toBe(previous)
  })

  test('of none', () => {
    const text = showUtf8(newIndex(added('1', 'a')))
    expect(JSON.parse(text)).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [JSON.parse(entry('1', 'a'))],
    })
  })
})
