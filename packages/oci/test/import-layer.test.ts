import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { SHA256, SHA512 } from '@composefs/fsverity'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { describe, expect, test } from 'vitest'
import { isOciError } from '../src/index.ts'
import { importLayer } from '../src/layer/import-layer.ts'
import { formatLayerEntry } from '../src/layer/layer-dump.ts'
import { defaultLayerSizeMax } from '../src/layer/read-layer-options.ts'
import { inChunks } from './chunks.ts'
import { decoderEngines } from './decoder-engines.ts'
import { listLayer, memoryRepository } from './memory-repository.ts'
import { ociCode } from './oci-code.ts'
import { sha256, vectorLine } from './split-in-memory.ts'
import { rawEntry } from './tar-blocks.ts'
import { readTarVector, reasonOfCode, reasonsOfVector, tarVectors } from './tar-vectors.ts'
import { temporaryRepository } from './temporary-repository.ts'

describe('a tar of the vectors', () => {
  const of = (verdict: string) =>
    tarVectors.filter(({ layer }) => layer.verdict === verdict).map(v => [v.id, v] as const)

  test.each(of('accept'))('%s is stored and read back', async (_, vector) => {
    for (const algorithm of [SHA256, SHA512]) {
      const repository = memoryRepository(algorithm)
      const lines: string[] = []
      const imported = await importLayer(inChunks(readTarVector(vector), 10_000), {
        repository,
        expected: { diffId: vector.diff_id },
        compression: 'none',
        entries: {
          onEntry: entry =>
            void lines.push(new TextDecoder().decode(formatLayerEntry(entry)).slice(0, -1)),
        },
      })
      const stored = await repository.openLayer(imported.stream)
      const { objectSize } = repository
      expect(await listLayer(stored, { objectSize })).toEqual({ lines, error: undefined })
      if (algorithm === SHA256) expect(lines.map(vectorLine)).toEqual(vector.layer.entries)
      expect(sha256(await repository.cat(imported.stream))).toBe(vector.diff_id)
      const external = vector.layer.external ?? []
      expect(imported.objectsNew + imported.objectsPresent).toBe(external.length)
      for (const { [algorithm.name]: hex, size } of external) {
        expect(stored.objectReferences.length).toBeGreaterThan(0)
        expect([...stored.objectReferences].map(digest => digest.hex)).toContain(hex)
        expect(size).toBeGreaterThan(64)
      }
    }
  })

  test.each(of('reject'))('%s is refused', async (_, vector) => {
    const repository = memoryRepository()
    const code = await ociCode(() =>
      importLayer(inChunks(readTarVector(vector)), {
        repository,
        expected: { diffId: vector.diff_id },
        compression: 'none',
      }),
    )
    expect(reasonsOfVector(vector)).toContain(reasonOfCode(code))
  })
})

interface CompressionVector {
  readonly id: string
  readonly file: string
  readonly media_type: string
  readonly descriptor_digest: string
  readonly size: number
  readonly verdict: 'accept' | 'reject'
  readonly reason?: string
  readonly diff_id?: string
  readonly claimed_diff_id?: string
}

describe.each(decoderEngines)('a blob of the vectors, with the engine %s', (_, decoders) => {
  const directory = join(vectorsDirectory, 'compression')
  const index = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as {
    readonly cases: readonly CompressionVector[]
    readonly standard: { readonly diff_id: string; readonly entries: readonly string[] }
  }

  test.each(index.cases.map(vector => [vector.id, vector] as const))('%s', async (_, vector) => {
    const repository = { ...memoryRepository(), decoders }
    const diffId = vector.diff_id ?? vector.claimed_diff_id ?? ''
    const blob = readFileSync(join(directory, vector.file))
    const code = await ociCode(async () => {
      const imported = await importLayer(inChunks(blob), {
        repository,
        expected: { diffId, blobDigest: vector.descriptor_digest, blobSize: vector.size },
        mediaTypeHint: vector.media_type,
      })
      expect(imported.blobSize).toBe(vector.size)
      expect(sha256(await repository.cat(imported.stream))).toBe(diffId)
      if (diffId !== index.standard.diff_id) return
      const { lines } = await listLayer(await repository.openLayer(imported.stream))
      expect(lines).toEqual(index.standard.entries)
    })
    expect(reasonOfCode(code)).toBe(vector.verdict === 'accept' ? 'accepted' : vector.reason)
  })
})

describe('an import', () => {
  const vector = tarVectors.find(({ id }) => id === 'size-boundaries')
  if (vector === undefined) throw new Error('the vector is missing')
  const tar = readTarVector(vector)
  const blob = gzipSync(tar)
  const diffId = vector.diff_id
  const zeros = `sha256:${'0'.repeat(64)}`

  test.each([
    ['the diff ID', { diffId: zeros }, 'ERR_OCI_DIFF_ID_MISMATCH'],
    ['the digest of the blob', { diffId, blobDigest: zeros }, 'ERR_OCI_DIGEST_MISMATCH'],
    ['both: the blob comes first', { diffId: zeros, blobDigest: zeros }, 'ERR_OCI_DIGEST_MISMATCH'],
    ['a size too small', { diffId, blobSize: blob.length - 1 }, 'ERR_OCI_SIZE_MISMATCH'],
    ['a size too large', { diffId, blobSize: blob.length + 1 }, 'ERR_OCI_SIZE_MISMATCH'],
    [
      'a diff ID of another hash',
      { diffId: `sha512:${'0'.repeat(128)}` },
      'ERR_OCI_UNSUPPORTED_DIGEST',
    ],
    ['a diff ID that is none', { diffId: 'sha256:../../x' }, 'ERR_OCI_BAD_DIGEST'],
  ] as const)('checks %s', async (_, expected, code) => {
    const repository = memoryRepository()
    const act = () => importLayer(inChunks(blob), { repository, expected })
    expect(await ociCode(act)).toBe(code)
  })

  test('checks the blob digest of a plain layer by the one hash', async () => {
    const repository = memoryRepository()
    const act = (blobDigest: string) =>
      importLayer(inChunks(tar), { repository, expected: { diffId, blobDigest } })
    expect(await ociCode(() => act(diffId))).toBeUndefined()
    expect(await ociCode(() => act(zeros))).toBe('ERR_OCI_DIGEST_MISMATCH')
  })

  test('checks a blob digest of sha512, of compressed and of plain layers', async () => {
    const repository = memoryRepository()
    for (const bytes of [blob, tar]) {
      const sha512 = `sha512:${createHash('sha512').update(bytes).digest('hex')}`
      const act = (blobDigest: string) =>
        importLayer(inChunks(bytes), { repository, expected: { diffId, blobDigest } })
      expect(await ociCode(() => act(sha512))).toBeUndefined()
      const other = sha512.replace(/.$/, last => (last === '0' ? '1' : '0'))
      expect(await ociCode(() => act(other))).toBe('ERR_OCI_DIGEST_MISMATCH')
    }
  })

  test('leaves no file of an object that was cut off', async () => {
    const repository = await temporaryRepository()
    const objects = join(repository.path, 'objects')
    const layer = rawEntry({ name: 'big' }, Buffer.alloc(3_000_000, 'big'))
    for (const length of [1_000_000, layer.length]) {
      const cut = layer.subarray(0, length)
      const expected = { diffId: sha256(cut) }
      const act = () => importLayer(inChunks(cut), { repository, expected })
      const isCut = length < layer.length
      expect(await ociCode(act)).toBe(isCut ? 'ERR_OCI_TAR_TRUNCATED' : undefined)
      const files = readdirSync(objects, { recursive: true, withFileTypes: true })
      // The content and the stream.
      expect(files.filter(file => file.isFile())).toHaveLength(isCut ? 0 : 2)
    }
  })

  test('refuses more bytes than it is allowed', async () => {
    const repository = memoryRepository()
    const act = (maxSize: number) =>
      importLayer(inChunks(blob), { repository, expected: { diffId }, maxSize })
    expect(await ociCode(() => act(tar.length))).toBeUndefined()
    expect(await ociCode(() => act(tar.length - 1))).toBe('ERR_OCI_LAYER_TOO_LARGE')
  })

  test('refuses what unfolds to more than any real layer, unless it is allowed', async () => {
    expect(defaultLayerSizeMax(0)).toBe(4 * 2 ** 30)
    expect(defaultLayerSizeMax(2 ** 30)).toBe(104 * 2 ** 30)
    // One file of 8 GiB, in frames of a few KiB each.
    const head = rawEntry({ name: 'zeros', size: 2 ** 33 - 1 }, Buffer.alloc(0))
    const zeros = zstdCompressSync(Buffer.alloc(32 << 20))
    async function* bomb() {
      yield zstdCompressSync(head)
      for (;;) yield zeros
    }
    const expected = { diffId }
    const act = () =>
      importLayer(bomb(), { repository: memoryRepository(), expected, maxSize: 64 << 20 })
    expect(await ociCode(act)).toBe('ERR_OCI_LAYER_TOO_LARGE')
  })

  test('names layer, diff ID, entry and offset', async () => {
    const bad = tarVectors.find(({ id }) => id === 'smuggle-dir-with-size')
    if (bad === undefined) throw new Error('the vector is missing')
    const expected = { diffId: bad.diff_id }
    const repository = memoryRepository()
    const error: unknown = await importLayer(inChunks(readTarVector(bad)), {
      repository,
      expected,
      layer: 3,
    }).catch(caught => caught)
    expect(isOciError(error, 'ERR_OCI_TAR_AMBIGUOUS_SIZE')).toBe(true)
    expect(error).toMatchObject({
      message: `layer 3 (${bad.diff_id}): /dd: a directory with a size of 512 bytes`,
      facts: { layer: 3, diffId: bad.diff_id, entry: '/dd', offset: 0, expected: 0, actual: 512 },
    })
  })

  test('stops at a signal and closes the blob', async () => {
    const controller = new AbortController()
    let isClosed = false
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(65536)
      } finally {
        isClosed = true
      }
    }
    let bytes = 0
    const act = importLayer(endless(), {
      repository: memoryRepository(),
      expected: { diffId },
      signal: controller.signal,
      onProgress(count) {
        bytes = count
        if (count > 1_000_000) controller.abort(new Error('stop'))
      },
    })
    await expect(act).rejects.toThrow('stop')
    expect(bytes).toBeLessThan(2_000_000)
    expect(isClosed).toBe(true)
  })

  test('closes the blob when it was stopped as soon as it was looked at', async () => {
    const controller = new AbortController()
    let isClosed = false
    async function* stopping(): AsyncGenerator<Uint8Array> {
      try {
        controller.abort(new Error('stop'))
        yield blob
      } finally {
        isClosed = true
      }
    }
    const act = importLayer(stopping(), {
      repository: memoryRepository(),
      expected: { diffId },
      signal: controller.signal,
    })
    await expect(act).rejects.toThrow('stop')
    expect(isClosed).toBe(true)
  })

  test('does not open the blob when there are no slots', async () => {
    const repository = memoryRepository()
    await repository.intake.slots.close()
    const unopened = { [Symbol.asyncIterator]: () => expect.unreachable() }
    const act = importLayer(unopened, { repository, expected: { diffId } })
    await expect(act).rejects.toThrow('the slots are closed')
  })

  test('passes errors of the blob on, and closes what it opened', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield blob.subarray(0, 500)
      throw new Error('connection lost')
    }
    const act = importLayer(broken(), { repository: memoryRepository(), expected: { diffId } })
    await expect(act).rejects.toThrow('connection lost')
  })
})
