import { describe, expect, test } from 'vitest'
import type { SendBlobOptions } from '../src/index.ts'
import { refuse, reply, startServer } from './fake-registry.ts'
import {
  sha256,
  startUploadRegistry,
  type Trouble,
  type UploadRegistry,
} from './upload-registry.ts'

const TEXT = 'abcdefghij'.repeat(10)
const DIGEST = sha256(TEXT)
const BLOB = { digest: DIGEST, size: TEXT.length }

/** Chunks of 40 bytes, pieces of 7. */
const CHUNKS: SendBlobOptions = { wholeMaximum: 0, chunkSize: 40 }

/** The blob, in pieces. */
async function* pieces(size = 7): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < TEXT.length; at += size) yield Buffer.from(TEXT.slice(at, at + size))
}

const cut: ReturnType<Trouble> = (_, response) => {
  response.socket?.destroy()
}

async function put(registry: UploadRegistry, options: SendBlobOptions = {}): Promise<void> {
  await registry.remote.putBlob(BLOB, () => pieces(), options)
  expect(registry.blobs.get(DIGEST)).toBe(TEXT)
  expect(registry.uploads.size).toBe(0)
}

describe('a blob in one request', () => {
  test('is put where the registry says, whose query stays as it is', async () => {
    const registry = await startUploadRegistry()
    const progress: number[] = []
    await put(registry, { onProgress: bytes => progress.push(bytes) })
    expect(registry.trace()).toEqual(['POST ', 'PUT 1'])
    const { path, headers } = registry.seen.at(-1) ?? {}
    expect(path).toBe(
      `/v2/a/b/blobs/uploads/1?_state=a%2Bb%3D&digest=${encodeURIComponent(DIGEST)}`,
    )
    expect(headers).toMatchObject({
      'content-length': '100',
      'content-type': 'application/octet-stream',
    })
    expect(progress.at(-1)).toBe(100)
  })

  test('of no bytes', async () => {
    const registry = await startUploadRegistry()
    async function* nothing() {}
    await registry.remote.putBlob({ digest: sha256(''), size: 0 }, nothing)
    expect(registry.blobs.get(sha256(''))).toBe('')
  })

  test.each<[string, Trouble, string[]]>([
    [
      'is sent again after a reset',
      ({ method }, turn) => (method === 'PUT' && turn === 1 ? cut : undefined),
      ['POST ', 'PUT 1', 'HEAD blobs/DIGEST', 'DELETE 1', 'POST ', 'PUT 2'],
    ],
    [
      'is sent again where the upload is lost',
      ({ method }, turn) =>
        method === 'PUT' && turn === 1 ? refuse(404, 'BLOB_UPLOAD_UNKNOWN') : undefined,
      ['POST ', 'PUT 1', 'HEAD blobs/DIGEST', 'DELETE 1', 'POST ', 'PUT 2'],
    ],
    [
      'waits for a registry that is busy',
      ({ method }, turn) => (method === 'POST' && turn === 1 ? reply(503) : undefined),
      ['POST ', 'HEAD blobs/DIGEST', 'POST ', 'PUT 1'],
    ],
  ])('%s', async (_, trouble, trace) => {
    const registry = await startUploadRegistry(trouble)
    await put(registry)
    expect(registry.trace()).toEqual(trace)
  })

  test('whose answer is lost is there', async () => {
    const registry = await startUploadRegistry(({ method }, turn) => {
      if (method !== 'PUT' || turn > 1) return undefined
      registry.blobs.set(DIGEST, TEXT)
      registry.uploads.clear()
      return cut
    })
    await put(registry)
    expect(registry.trace()).toEqual(['POST ', 'PUT 1', 'HEAD blobs/DIGEST'])
  })
})

describe('a blob in chunks', () => {
  const ranges = (registry: UploadRegistry) =>
    registry.seen
      .filter(({ method }) => method === 'PATCH')
      .map(({ headers }) => headers['content-range'])

  test('is ended by a request of its own', async () => {
    const registry = await startUploadRegistry()
    await put(registry, CHUNKS)
    expect(registry.trace()).toEqual(['POST ', 'PATCH 1', 'PATCH 1', 'PATCH 1', 'PUT 1'])
    expect(ranges(registry)).toEqual(['0-39', '40-79', '80-99'])
  })

  test('has chunks as large as the registry wants them', async () => {
    const headers = { 'oci-chunk-min-length': '60' }
    const registry = await startUploadRegistry(undefined, { headers })
    await put(registry, CHUNKS)
    expect(ranges(registry)).toEqual(['0-59', '60-99'])
  })

  test.each<[string, (registry: () => UploadRegistry) => Trouble, string[]]>([
    [
      'goes on where it was after a reset',
      () =>
        ({ method }, turn) =>
          method === 'PATCH' && turn === 2 ? cut : undefined,
      ['0-39', '40-79', '40-79', '80-99'],
    ],
    [
      'goes on where the registry is, not where we were',
      registry =>
        ({ method, body }, turn) => {
          if (method !== 'PATCH' || turn !== 2) return undefined
          const before = registry().uploads.get('1') ?? ''
          registry().uploads.set('1', before + body.slice(0, 10))
          return cut
        },
      ['0-39', '40-79', '50-89', '90-99'],
    ],
    [
      'sends the rest of a chunk that was taken in part',
      registry =>
        ({ method, body }, turn) => {
          if (method !== 'PATCH' || turn !== 1) return undefined
          registry().uploads.set('1', body.slice(0, 15))
          return reply(202, { location: '/v2/a/b/blobs/uploads/1', range: '0-14' })
        },
      ['0-39', '15-54', '55-94', '95-99'],
    ],
    [
      'begins anew where the registry has lost it',
      registry =>
        ({ method }, turn) => {
          if (method === 'PATCH' && turn === 2) registry().uploads.clear()
          return undefined
        },
      ['0-39', '40-79', '0-39', '40-79', '80-99'],
    ],
    [
      'begins anew where the registry claims to have more than was sent',
      registry =>
        ({ method }, turn) => {
          if (method === 'PATCH' && turn === 2) return cut
          if (method !== 'GET') return undefined
          registry().uploads.delete('1')
          return reply(204, { range: '0-98' })
        },
      ['0-39', '40-79', '0-39', '40-79', '80-99'],
    ],
  ])('%s', async (_, trouble, expected) => {
    const registry: UploadRegistry = await startUploadRegistry((request, turn) =>
      trouble(() => registry)(request, turn),
    )
    await put(registry, CHUNKS)
    expect(ranges(registry)).toEqual(expected)
  })

  test.each([400, 405, 501])('goes whole to a registry that answers %i', async status => {
    const registry = await startUploadRegistry(({ method }) =>
      method === 'PATCH' ? refuse(status, 'UNSUPPORTED') : undefined,
    )
    await put(registry, CHUNKS)
    expect(registry.trace().slice(-2)).toEqual(['POST ', 'PUT 2'])
  })

  test('is not sent a byte at a time to a registry that takes no more', async () => {
    const registry: UploadRegistry = await startUploadRegistry(
      ({ method, body }) => {
        if (method !== 'PATCH') return undefined
        const upload = `${registry.uploads.get('1')}${body.slice(0, 2)}`
        registry.uploads.set('1', upload)
        const range = `0-${upload.length - 1}`
        return reply(202, { location: '/v2/a/b/blobs/uploads/1', range })
      },
      { retries: 2 },
    )
    await expect(put(registry, CHUNKS)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_UNAVAILABLE',
      facts: { tries: 3 },
    })
    expect(ranges(registry)).toEqual(['0-39', '2-41', '4-43'])
  })

  test('is not tried for ever', async () => {
    const registry = await startUploadRegistry(
      ({ method }) => (method === 'PATCH' ? cut : undefined),
      { retries: 2 },
    )
    await expect(put(registry, CHUNKS)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_UNAVAILABLE',
      facts: { tries: 3, offset: 0 },
    })
    expect(registry.uploads.size).toBe(0)
  })
})

describe('an upload that fails is ended', () => {
  test('by the source, whose error it is', async () => {
    const registry = await startUploadRegistry()
    const broken = new Error('broken')
    async function* source() {
      yield Buffer.from('abc')
      throw broken
    }
    await expect(registry.remote.putBlob(BLOB, source)).rejects.toBe(broken)
    expect(registry.uploads.size).toBe(0)
  })

  test.each([
    ['ends early', () => pieces(10), 200],
    ['goes on', () => pieces(10), 95],
  ])('by a source that %s', async (_, open, size) => {
    const registry = await startUploadRegistry()
    const sent = registry.remote.putBlob({ digest: DIGEST, size }, open)
    await expect(sent).rejects.toThrow(RangeError)
    expect(registry.uploads.size).toBe(0)
  })

  test('by a registry that finds other bytes', async () => {
    const registry = await startUploadRegistry()
    const blob = { digest: sha256('other'), size: TEXT.length }
    await expect(registry.remote.putBlob(blob, () => pieces())).rejects.toMatchObject({
      code: 'ERR_REGISTRY_REFUSED',
      facts: { status: 400, registryCode: 'DIGEST_INVALID' },
    })
    expect(registry.uploads.size).toBe(0)
  })

  test('by a registry that has stored something else', async () => {
    const registry = await startUploadRegistry(({ method }) =>
      method === 'PUT' ? reply(201, { 'docker-content-digest': sha256('other') }) : undefined,
    )
    await expect(registry.remote.putBlob(BLOB, () => pieces())).rejects.toMatchObject({
      code: 'ERR_REGISTRY_DIGEST_MISMATCH',
    })
  })

  test('by whoever gives up', async () => {
    const stop = new AbortController()
    const reason = new Error('stop')
    const registry = await startUploadRegistry(({ method }) => {
      if (method !== 'PUT') return undefined
      stop.abort(reason)
      return () => {}
    })
    const { signal } = stop
    await expect(registry.remote.putBlob(BLOB, () => pieces(), { signal })).rejects.toBe(reason)
    expect(registry.uploads.size).toBe(0)
  })
})

describe('who we are', () => {
  const credentials = { username: 'ann', password: 'secret' }
  const challenge = reply(401, { 'www-authenticate': 'Basic realm="r"' })

  test('is asked for in the middle of an upload, which is then sent from its beginning', async () => {
    const registry = await startUploadRegistry(
      ({ method, headers }) =>
        method === 'PUT' && headers.authorization === undefined ? challenge : undefined,
      { credentials },
    )
    await put(registry)
    expect(registry.trace()).toEqual(['POST ', 'PUT 1', 'PUT 1'])
  })

  test('is nothing to another host that takes the bytes', async () => {
    const storage = await startServer(reply(201))
    const registry = await startUploadRegistry(
      ({ method, headers }) => {
        if (headers.authorization === undefined) return challenge
        return method === 'POST' ? reply(202, { location: `${storage.url}/up?sign=a` }) : undefined
      },
      { credentials },
    )
    await registry.remote.putBlob(BLOB, () => pieces())
    expect(storage.seen).toMatchObject([{ method: 'PUT', body: TEXT }])
    expect(storage.seen[0]?.headers).not.toHaveProperty('authorization')
    expect(registry.seen.at(-1)?.headers).toHaveProperty('authorization')
  })
})
