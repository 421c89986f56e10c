import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createHash as createHashByEngine } from '../src/repository/create-hash.ts'

describe.each(['sha256', 'sha384', 'sha512'] as const)('%s of the engine', name => {
  test.each([
    [[]],
    [['a text with ä and 😀']],
    [[Buffer.alloc(5000, 7), 'end', new Uint8Array(1)]],
  ])('is that of node:crypto, case %#', parts => {
    const [expected, actual] = [createHash(name), createHashByEngine(name)]
    for (const part of parts) {
      expected.update(part)
      expect(actual.update(part)).toBe(actual)
    }
    expect(actual.digest()).toEqual(expected.digest())
  })

  test.each(['hex', 'base64', 'base64url'] as const)('in %s is that of node:crypto', encoding => {
    expect(createHashByEngine(name).update('x').digest(encoding)).toBe(
      createHash(name).update('x').digest(encoding),
    )
  })
})
