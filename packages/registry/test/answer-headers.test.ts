import { describe, expect, test } from 'vitest'
import { parseContentRange } from '../src/client/content-range.ts'
import { parseErrorDocument } from '../src/client/error-document.ts'
import { mediaTypeOf } from '../src/client/media-type.ts'
import { nextLink } from '../src/client/next-link.ts'
import type { HttpResponse } from '../src/http/exchange.ts'
import { retryAfterMs } from '../src/http/status.ts'

const encode = (text: string) => new TextEncoder().encode(text)

describe('Content-Range', () => {
  test.each([
    ['bytes 5-9/10', { start: 5, total: 10 }],
    ['bytes 0-0/1', { start: 0, total: 1 }],
    ['Bytes 5-9/*', { start: 5, total: undefined }],
    ['bytes */10', undefined],
    ['bytes 9-5/10', undefined],
    ['bytes 5-10/10', undefined],
    ['bytes=5-9/10', undefined],
    ['items 5-9/10', undefined],
    ['bytes -5-9/10', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (header, expected) => {
    expect(parseContentRange(header)).toEqual(expected)
  })
})

describe('Link', () => {
  test.each([
    ['</v2/x?n=1>; rel="next"', '/v2/x?n=1'],
    ['</v2/x>;rel=next', '/v2/x'],
    ['</a>; rel="prev", </b>; title="t"; rel="last next"', '/b'],
    ['</a>; rel="nextdoor"', undefined],
    ['</a>', undefined],
    ['rel="next"', undefined],
    ['', undefined],
  ])('%s', (header, expected) => {
    expect(nextLink(header)).toBe(expected)
  })
})

describe('Retry-After', () => {
  const inAMinute = new Date(Math.ceil(Date.now() / 1000) * 1000 + 60_000).toUTCString()
  test.each([
    ['7', 7000, 7000],
    [' 0 ', 0, 0],
    [inAMinute, 50_000, 61_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0, 0],
  ])('%s', (value, least, most) => {
    const ms = retryAfterMs({ headers: { 'retry-after': value } } as unknown as HttpResponse)
    expect(ms).toBeGreaterThanOrEqual(least)
    expect(ms).toBeLessThanOrEqual(most)
  })
  test.each(['-5', '1e9', 'soon', '12345678901', ''])('%j says nothing', value => {
    const response = { headers: { 'retry-after': value } } as unknown as HttpResponse
    expect(retryAfterMs(response)).toBeUndefined()
  })
})

describe('error documents', () => {
  test.each([
    ['{"errors":[{"code":"DENIED","message":"no"}]}', { code: 'DENIED', message: 'no' }],
    ['{"errors":[{"code":"DENIED"},{"code":"B"}]}', { code: 'DENIED', message: '' }],
    [
      '{"errors":[{"code":"X","message":"a\\u001b[31m\\nb\\u202ec"}]}',
      { code: 'X', message: 'a [31m b c' },
    ],
    ['{"errors":[{"code":"two words","message":"no"}]}', undefined],
    ['{"errors":[]}', undefined],
    ['{"errors":[null]}', undefined],
    ['null', undefined],
    ['<html>', undefined],
  ])('%s', (text, expected) => {
    expect(parseErrorDocument(encode(text))).toEqual(expected)
  })

  test('a long message is cut', () => {
    const text = JSON.stringify({ errors: [{ code: 'X', message: 'y'.repeat(5000) }] })
    expect(parseErrorDocument(encode(text))?.message).toHaveLength(201)
  })
})

describe('media types', () => {
  const index = 'application/vnd.oci.image.index.v1+json'
  const manifest = 'application/vnd.oci.image.manifest.v1+json'
  test.each([
    [`${manifest}; charset=utf-8`, '{}', manifest],
    ['Application/Vnd.X+JSON', '{}', 'application/vnd.x+json'],
    ['application/json', `{"mediaType":"${index}"}`, index],
    ['text/plain; charset=utf-8', '{"layers":[]}', manifest],
    [undefined, '{"manifests":[]}', index],
    ['application/octet-stream', 'no json', 'application/octet-stream'],
    ['', '[]', ''],
  ])('%s of %s', (type, body, expected) => {
    expect(mediaTypeOf(type, encode(body))).toBe(expected)
  })
})
