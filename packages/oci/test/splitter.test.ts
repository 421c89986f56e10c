import { SHA512 } from '@composefs/fsverity'
import { describe, expect, test } from 'vitest'
import { isOciError, type OciErrorCode } from '../src/index.ts'
import { joinSplit, sha256, splitInMemory, vectorLine } from './split-in-memory.ts'
import { readTarVector, reasonOfCode, reasonsOfVector, tarVectors } from './tar-vectors.ts'

describe('a layer of the vectors', () => {
  const accepted = tarVectors.filter(({ layer }) => layer.verdict === 'accept')
  const rejected = tarVectors.filter(({ layer }) => layer.verdict === 'reject')

  test.each(accepted.map(vector => [vector.id, vector] as const))('%s is split', (_, vector) => {
    const tar = readTarVector(vector)
    const split = splitInMemory([tar])
    expect(split.lines.map(vectorLine)).toEqual(vector.layer.entries)
    expect(sha256(joinSplit(split))).toBe(vector.diff_id)
    const external = vector.layer.external ?? []
    const digests = (part: (typeof split.parts)[number]) =>
      part instanceof Uint8Array ? [] : [[part.size, part.digest.hex]]
    expect(split.parts.flatMap(digests)).toEqual(external.map(e => [e.size, e.sha256]))
    const sha512 = splitInMemory([tar], SHA512)
    expect(sha512.parts.flatMap(digests)).toEqual(external.map(e => [e.size, e.sha512]))
  })

  test.each(rejected.map(vector => [vector.id, vector.layer.reason, vector] as const))(
    '%s is refused: %s',
    (_id, _reason, vector) => {
      const code = codeOf(() => splitInMemory([readTarVector(vector)]))
      expect(reasonsOfVector(vector)).toContain(reasonOfCode(code))
    },
  )
})

function codeOf(act: () => unknown): OciErrorCode | undefined {
  try {
    act()
  } catch (error) {
    if (isOciError(error)) return error.code
    throw error
  }
  return undefined
}
