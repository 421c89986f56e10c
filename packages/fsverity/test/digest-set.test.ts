import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Algorithm, DigestSet, SHA256, SHA512 } from '../src/index.ts'

describe.each([SHA256, SHA512])('a set of $name digests', algorithm => {
  test('has what was added, in that order', () => {
    const digest = fc
      .uint8Array({ minLength: algorithm.digestSize, maxLength: algorithm.digestSize, max: 1 })
      .map(bytes => bytes.fill(7, 2))
    fc.assert(
      fc.property(fc.array(digest), fc.array(digest), (digests, others) => {
        const set = new DigestSet(algorithm)
        const expected: string[] = []
        for (const bytes of digests) {
          const isNew = !expected.includes(bytes.join())
          expect(set.add(bytes)).toBe(isNew)
          if (isNew) expected.push(bytes.join())
        }
        expect(set.size).toBe(expected.length)
        expect([...set].map(bytes => bytes.join())).toEqual(expected)
        expect(digests.map(bytes => set.intern(bytes))).toEqual(
          digests.map(bytes => expected.indexOf(bytes.join())),
        )
        const copy = new Uint8Array(3 + set.size * algorithm.digestSize)
        set.copyTo(copy, 3)
        expect(copy.subarray(3)).toEqual(Uint8Array.from([...set].flatMap(bytes => [...bytes])))
        for (const bytes of [...digests, ...others]) {
          expect(set.has(bytes)).toBe(expected.includes(bytes.join()))
          expect(set.indexOf(bytes)).toBe(expected.indexOf(bytes.join()))
        }
      }),
    )
  })

  test('keeps its order over many pages', () => {
    const set = new DigestSet(algorithm)
    for (let i = 0; i < 50_000; i++) expect(set.add(numbered(algorithm, i))).toBe(true)
    expect(set.add(numbered(algorithm, 9))).toBe(false)
    for (let i = 0; i < 50_000; i += 7) {
      expect(set.indexOf(numbered(algorithm, i))).toBe(i)
      expect(set.at(i)).toEqual(numbered(algorithm, i))
    }
  })

  test('does not keep what it was given', () => {
    const set = new DigestSet(algorithm)
    const bytes = numbered(algorithm, 1)
    set.add(bytes)
    bytes.fill(0)
    expect(set.has(numbered(algorithm, 1))).toBe(true)
    expect(set.has(bytes)).toBe(false)
  })

  test('refuses digests of another size', () => {
    expect(() => new DigestSet(algorithm).add(new Uint8Array(20))).toThrow(RangeError)
  })
})

function numbered(algorithm: Algorithm, number: number): Uint8Array {
  const bytes = new Uint8Array(algorithm.digestSize)
  new DataView(bytes.buffer).setUint32(0, number)
  return bytes
}
