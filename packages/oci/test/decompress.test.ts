import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { describe, expect, test } from 'vitest'
import { decompress } from '../src/decompress/decompress.ts'
import { isOciError, type OciErrorCode } from '../src/index.ts'
import { collect, inChunks } from './chunks.ts'
import { decoderEngines } from './decoder-engines.ts'
import { sha256, splitInMemory } from './split-in-memory.ts'
import { reasonOfCode } from './tar-vectors.ts'

interface CompressionVector {
  readonly id: string
  readonly file: string
  readonly verdict: 'accept' | 'reject'
  readonly reason?: string
  readonly diff_id?: string
  readonly tar_size?: number
}

const directory = join(vectorsDirectory, 'compression')
const vectors = (
  JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as { cases: CompressionVector[] }
).cases

describe.each(decoderEngines)('a blob of the vectors, with the engine %s', (_, decoders) => {
  const accepted = vectors.filter(({ verdict }) => verdict === 'accept')
  // A wrong digest is for the import to find.
  const rejected = vectors.filter(
    ({ verdict, reason }) => verdict === 'reject' && reason !== 'digest-mismatch',
  )

  test.each(accepted.map(vector => [vector.id, vector] as const))('%s', async (_, vector) => {
    const blob = new Uint8Array(readFileSync(join(directory, vector.file)))
    for (const size of [blob.length, 1000, 1]) {
      const tar = await collect(decompress(inChunks(blob, size), { decoders }))
      expect(tar.length).toBe(vector.tar_size)
      expect(sha256(tar)).toBe(vector.diff_id)
    }
  })

  test.each(rejected.map(vector => [vector.id, vector.reason, vector] as const))(
    '%s: %s',
    async (_, reason, vector) => {
      const blob = new Uint8Array(readFileSync(join(directory, vector.file)))
      for (const size of [blob.length, 1000, 1]) {
        const code = await codeOf(async () => {
          splitInMemory([await collect(decompress(inChunks(blob, size), { decoders }))])
        })
        expect(reasonOfCode(code), `chunks of ${size}`).toBe(reason)
      }
    },
  )

  test.each([
    ['that holds less than it says', '28b52ffd600005010000'],
    ['that holds less than it says, before an empty block', '28b52ffd20062a000041010000'],
    ['with a block above its window', '28b52ffd4000d006833e0041'],
    ['with a packed byte above its window', '28b52ffd200003000041'],
  ])('a zstd frame %s', async (_, hex) => {
    const blob = Buffer.from(hex, 'hex')
    for (let size = blob.length; size > 0; size--) {
      const code = await codeOf(() => collect(decompress(inChunks(blob, size), { decoders })))
      expect(code, `chunks of ${size}`).toBe('ERR_OCI_COMPRESSION_CORRUPT')
    }
  })
})

async function codeOf(act: () => Promise<unknown>): Promise<OciErrorCode | undefined> {
  try {
    await act()
  } catch (error) {
    if (isOciError(error)) return error.code
    throw error
  }
  return undefined
}
