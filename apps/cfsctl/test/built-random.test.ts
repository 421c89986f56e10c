import { expect, test } from 'vitest'
import { crypto } from '../build/crypto.ts'

test('the built program fills all of what it asks random values for', () => {
  const draw = () => crypto.getRandomValues(new Uint32Array(64 * 256))
  const [first, second] = [draw(), draw()]
  // Of so many words some are 0 once in a quarter of a million runs, and eight never are.
  for (let at = 0; at < first.length; at += 8) {
    expect(first.subarray(at, at + 8)).not.toEqual(new Uint32Array(8))
    expect(first.subarray(at, at + 8)).not.toEqual(second.subarray(at, at + 8))
  }
})
