import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildTar, writeLayout } from '@composefs/test-fixtures'
import {
  registryUnavailable,
  startRegistry,
  type TestRegistry,
  writeRegistriesConf,
} from '@composefs/test-fixtures/registry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandsOf } from '../src/commands-of.ts'
import { imageFiles } from '../src/image-files.ts'

const old = 'o'.repeat(1000)
const kept = 'k'.repeat(500)

let directory: string
let diffIds: readonly string[]

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'composefs-image-files-'))
  const tars = [
    await buildTar([
      { name: 'usr/', type: 'directory', mtime: 1_700_000_000 },
      { name: 'usr/old', content: old },
      { name: 'usr/kept', content: kept, mode: 0o640, uid: 7 },
      { name: 'usr/doc/', type: 'directory' },
      { name: 'usr/doc/a', content: 'a'.repeat(70) },
      { name: 'bin', type: 'symlink', linkname: 'usr/bin' },
    ]),
    await buildTar([
      { name: 'usr/.wh.old' },
      { name: 'usr/doc/.wh..wh..opq' },
      { name: 'usr/doc/b', content: 'b' },
    ]),
    await buildTar([
      { name: 'usr/copy', content: kept },
      { name: 'usr/link', type: 'link', linkname: 'usr/copy' },
    ]),
  ]
  const facts = writeLayout(directory, {
    tag: 'app',
    layers: tars.map((tar, i) => ({
      tar,
      compression: (['plain', 'gzip', 'zstd'] as const)[i] ?? 'plain',
    })),
  })
  diffIds = facts.diffIds
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('files of each layer, and what it adds, hides and wastes', async () => {
  const { layers } = await imageFiles(`oci:${directory}:app`)
  expect(layers.map(({ id }) => id)).toEqual(diffIds)
  expect(
    layers.map(({ files, whiteouts, opaqueWhiteouts }) => ({
      files: files.map(({ path }) => path),
      whiteouts,
      opaqueWhiteouts,
    })),
  ).toEqual([
    {
      files: ['/usr', '/usr/old', '/usr/kept', '/usr/doc', '/usr/doc/a', '/bin'],
      whiteouts: [],
      opaqueWhiteouts: [],
    },
    { files: ['/usr/doc/b'], whiteouts: ['/usr/old'], opaqueWhiteouts: ['/usr/doc'] },
    { files: ['/usr/copy', '/usr/link'], whiteouts: [], opaqueWhiteouts: [] },
  ])
  const nothing = { files: 0, bytes: 0 }
  expect(layers.map(({ adds, hides, wastes }) => ({ adds, hides, ...wastes }))).toEqual([
    {
      adds: { files: 3, bytes: 1570 },
      hides: nothing,
      unseen: { files: 2, bytes: 1070 },
      repeated: nothing,
    },
    {
      adds: { files: 1, bytes: 1 },
      hides: { files: 2, bytes: 1070 },
      unseen: nothing,
      repeated: nothing,
    },
    {
      adds: { files: 1, bytes: 500 },
      hides: nothing,
      unseen: nothing,
      repeated: { files: 1, bytes: 500 },
    },
  ])
})

test('a file as tools show it', async () => {
  const { layers } = await imageFiles(`oci:${directory}:app`)
  const files = new Map(layers.flatMap(layer => layer.files.map(file => [file.path, file])))
  expect(files.get('/usr')).toMatchObject({ type: 'directory', mtime: new Date(1_700_000_000_000) })
  expect(files.get('/usr/kept')).toMatchObject({ type: 'file', mode: 0o640, uid: 7, size: 500 })
  expect(files.get('/bin')).toMatchObject({ type: 'symlink', linkPath: 'usr/bin' })
  expect(files.get('/usr/link')).toMatchObject({ type: 'file', linkPath: '/usr/copy', size: 0 })
})

test('a blob with another byte shows nothing', async () => {
  const damaged = mkdtempSync(join(tmpdir(), 'composefs-image-files-'))
  try {
    const { diffIds } = writeLayout(damaged, {
      tag: 'app',
      layers: [{ tar: await buildTar([{ name: 'a', content: old }]), compression: 'plain' }],
    })
    const path = join(damaged, 'blobs', (diffIds[0] ?? '').replace(':', '/'))
    const bytes = readFileSync(path)
    bytes[600] = (bytes[600] ?? 0) ^ 1
    writeFileSync(path, bytes)
    await expect(imageFiles(`oci:${damaged}:app`)).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_OCI_DIGEST_MISMATCH' }),
    )
  } finally {
    rmSync(damaged, { recursive: true })
  }
})

test.each([
  ['no history', {}, []],
  ['a history that is none', { history: 'RUN' }, []],
  [
    'empty layers left out, unknown commands kept as unknown',
    {
      history: [
        { created_by: 'A' },
        { created_by: 'ENV', empty_layer: true },
        {},
        { created_by: 1 },
      ],
    },
    ['A', undefined, undefined],
  ],
])('commands by %s', (_, config, commands) => {
  expect(commandsOf(new TextEncoder().encode(JSON.stringify(config)))).toEqual(commands)
})

const unavailable = registryUnavailable()
const why = unavailable === undefined ? '' : `: ${unavailable}`

describe.skipIf(unavailable !== undefined)(`from a registry${why}`, () => {
  let registry: TestRegistry
  beforeAll(async () => {
    registry = await startRegistry()
    await registry.pusher.layout('team/app', directory, 'app')
  })
  afterAll(() => registry?.stop())

  test('the same as from the layout', async () => {
    const registriesConf = writeRegistriesConf(join(directory, 'registries.conf'), [registry.host])
    const there = await imageFiles(`docker://${registry.host}/team/app:app`, {
      registry: { registriesConf, env: { HOME: directory } },
    })
    expect(there).toEqual(await imageFiles(`oci:${directory}:app`))
    const { manifests } = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8'))
    expect(there.manifestDigest).toBe(manifests[0].digest)
    const blob = readFileSync(join(directory, 'blobs', manifests[0].digest.replace(':', '/')))
    expect(`sha256:${createHash('sha256').update(blob).digest('hex')}`).toBe(there.manifestDigest)
  })
})
