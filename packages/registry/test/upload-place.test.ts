import { describe, expect, test } from 'vitest'
import type { HttpResponse } from '../src/http/exchange.ts'
import { ResponseBody } from '../src/http/response-body.ts'
import { receivedBytes, uploadPlace, withDigest } from '../src/upload/upload-place.ts'

function answer(url: string, headers: Readonly<Record<string, string>>): HttpResponse {
  const body = new ResponseBody({ pause() {}, resume() {}, abort() {} })
  return { status: 202, headers, url: new URL(url), body }
}

describe('where an upload goes on', () => {
  const registry = 'https://quay.io/v2/a/b/blobs/uploads/'

  test.each([
    ['/v2/a/b/blobs/uploads/1?s=a%2Bb', 'https://quay.io/v2/a/b/blobs/uploads/1?s=a%2Bb'],
    ['1', 'https://quay.io/v2/a/b/blobs/uploads/1'],
    ['https://storage.example/x?sign=%2F', 'https://storage.example/x?sign=%2F'],
    ['https://ann:secret@quay.io/x#y', 'https://quay.io/x'],
    // A registry that does not know of the TLS in front of it.
    ['http://quay.io/x?y=z', 'https://quay.io/x?y=z'],
    ['http://quay.io:5000/x', 'https://quay.io/x'],
  ])('%s', (location, place) => {
    expect(uploadPlace(answer(registry, { location })).href).toBe(place)
  })

  test.each(['http://storage.example/x', 'ftp://quay.io/x', 'http://'])('not %s', location => {
    expect(() => uploadPlace(answer(registry, { location }))).toThrow(
      expect.objectContaining({ code: 'ERR_REGISTRY_PROTOCOL', isRetryable: false }),
    )
  })

  test('nowhere', () => {
    expect(() => uploadPlace(answer(registry, {}))).toThrow(/without a place/)
  })

  test('in the open, where the registry is', () => {
    const open = answer('http://127.0.0.1:5000/v2/', { location: 'http://127.0.0.1:6000/x' })
    expect(uploadPlace(open).href).toBe('http://127.0.0.1:6000/x')
  })
})

test.each([
  ['https://quay.io/x', 'https://quay.io/x?digest=sha256%3A00'],
  ['https://quay.io/x?a=%2B+b', 'https://quay.io/x?a=%2B+b&digest=sha256%3A00'],
])('the digest behind %s', (place, expected) => {
  expect(withDigest(new URL(place), 'sha256:00').href).toBe(expected)
})

test.each([
  ['0-9', 10],
  ['bytes=0-9', 10],
  ['0-0', undefined],
  ['1-9', undefined],
  ['', undefined],
  ['0-99999999999999999999', undefined],
])('a range of %s', (range, bytes) => {
  expect(receivedBytes(answer('https://quay.io/', { range }))).toBe(bytes)
})
