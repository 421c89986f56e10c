import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { fsverityDigest, SHA512 } from '@composefs/fsverity'
import { buildTar } from '@composefs/test-fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLayerService } from '../src/layer-service.ts'
import { LayerStore } from '../src/layer-store.ts'

const small = randomBytes(64)
const content = randomBytes(5000)
const large = randomBytes(3 << 20)

let tar: Uint8Array
let server: Server
let store: LayerStore
let url: string

beforeAll(async () => {
  tar = await buildTar([
    { name: 'usr/', type: 'directory' },
    { name: 'usr/small', content: small },
    { name: 'usr/content', content },
    { name: 'usr/large', content: large },
    { name: 'usr/copy', content },
  ])
  store = new LayerStore(SHA512)
  server = createLayerService(store).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

const diffIdOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

async function put(diffId: string, body: Uint8Array) {
  const response = await fetch(`${url}/layers/${diffId}`, {
    method: 'PUT',
    body: Buffer.from(body),
  })
  return { status: response.status, text: await response.text() }
}

async function get(path: string) {
  const response = await fetch(url + path)
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) }
}

const pathOf = (bytes: Uint8Array) => fsverityDigest(bytes, { algorithm: SHA512 }).objectPath

describe('a layer', () => {
  test.each([
    ['plain', (bytes: Uint8Array) => bytes, 201],
    ['gzip', (bytes: Uint8Array) => gzipSync(bytes), 200],
    ['zstd', (bytes: Uint8Array) => zstdCompressSync(bytes), 200],
  ])('%s comes in, and goes out as the same tar', async (_, pack, status) => {
    const diffId = diffIdOf(tar)
    const answer = await put(diffId, pack(tar))
    expect(answer).toMatchObject({ status })
    expect(JSON.parse(answer.text)).toMatchObject({ diffId, size: tar.length })
    expect((await get(`/layers/${diffId}`)).bytes.equals(tar)).toBe(true)
  })

  test('has a line for each file, and an object for each content above 64 bytes', async () => {
    const { bytes } = await get(`/layers/${diffIdOf(tar)}/files`)
    const paths = bytes.toString().trimEnd().split('\n')
    expect(paths.map(line => line.split(' ')[0])).toEqual([
      '/usr',
      '/usr/small',
      '/usr/content',
      '/usr/large',
      '/usr/copy',
    ])
    for (const object of [content, large]) {
      expect((await get(`/objects/${pathOf(object)}`)).bytes.equals(object)).toBe(true)
    }
    expect(await get(`/objects/${pathOf(small)}`)).toMatchObject({ status: 404 })
    // The two contents, and the stream, which is the same however the layer was packed.
    expect(store.objects.count).toBe(3)
  })
})

test.each([
  ['another tar', () => put(diffIdOf(Buffer.from('other')), tar), /^ERR_OCI_DIFF_ID_MISMATCH/],
  [
    'half a tar',
    () => put(diffIdOf(tar.subarray(0, 3000)), tar.subarray(0, 3000)),
    /^ERR_OCI_TAR_/,
  ],
  ['no diff ID', () => put('latest', tar), /^ERR_OCI_/],
])('%s is refused, and gets no name', async (_, send, code) => {
  const { status, text } = await send()
  expect(status).toBe(422)
  expect(text).toMatch(code)
  const names = [diffIdOf(Buffer.from('other')), diffIdOf(tar.subarray(0, 3000)), 'latest']
  for (const name of names) expect(await get(`/layers/${name}`)).toMatchObject({ status: 404 })
})

test.each([['/'], ['/layers/'], ['/objects/00'], ['/objects/../package.json'], ['/layers/a/b']])(
  '%s is nowhere',
  async path => {
    expect(await get(path)).toMatchObject({ status: 404 })
  },
)
