import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Repository } from '@composefs/repository'
import { beforeAll, describe, expect, test } from 'vitest'
import { exportImage } from '../src/export/export-image.ts'
import type { ExportOptions } from '../src/export/export-options.ts'
import { pull } from '../src/pull/pull.ts'
import type { PullOptions } from '../src/pull/pull-options.ts'
import { openTarget } from '../src/target/open-target.ts'
import { LayoutBuilder, temporaryDirectory } from './layout-builder.ts'
import { packedImage } from './packed-image.ts'
import { twoLayers } from './pulled-image.ts'
import { temporaryRepository } from './temporary-repository.ts'

const PULL: PullOptions = { tag: 'app', platform: { os: 'linux', architecture: 'amd64' } }

let tars: readonly Uint8Array[] = []
beforeAll(async () => {
  tars = await twoLayers()
})

async function exportTo(
  repository: Repository,
  reference: string,
  options: ExportOptions & { readonly force?: boolean } = {},
) {
  await using target = await openTarget(reference, { force: options.force })
  return await exportImage(repository, 'app', target, options)
}

/** Everything below a directory, by name. */
function contents(directory: string): Record<string, Buffer> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
  return Object.fromEntries(
    files
      .filter(file => file.isFile())
      .map(file => join(file.parentPath, file.name))
      .map(path => [path.slice(directory.length + 1), readFileSync(path)]),
  )
}

const TARGETS = ['oci', 'oci-archive'] as const

describe.each(TARGETS)('export to %s', transport => {
  test('keeps the manifest of plain layers, and pulls back as the same image', async () => {
    const repository = await temporaryRepository()
    const layout = new LayoutBuilder()
    const [low = new Uint8Array(), high = new Uint8Array()] = tars
    layout.finish({ t: layout.image([low, high, low]) })
    const first = await pull(repository, `oci:${layout.directory}:t`, PULL)
    const reference = `${transport}:${temporaryDirectory()}/out:v1`
    const result = await exportTo(repository, reference)
    expect(result).toMatchObject({
      target: reference,
      manifestDigest: first.manifestDigest,
      sourceManifestDigest: first.manifestDigest,
      configDigest: first.configDigest,
      changed: false,
    })
    expect(result.layers.map(({ status }) => status)).toEqual(Array(3).fill('recreated'))
    const again = await pull(await temporaryRepository(), reference, PULL)
    expect(again.manifestDigest).toBe(first.manifestDigest)
    expect(again.manifestVerity).toEqual(first.manifestVerity)
    expect(again.composefsErofs).toEqual(first.composefsErofs)
  })

  test('keeps the manifest of packed layers whose blobs are kept', async () => {
    const repository = await temporaryRepository()
    const image = packedImage(tars)
    await pull(repository, image.reference, { ...PULL, keepBlobs: true })
    const reference = `${transport}:${temporaryDirectory()}/out:v1`
    const result = await exportTo(repository, reference)
    expect(result.changed).toBe(false)
    expect(result.manifestDigest).toBe(image.manifest.digest)
    expect(result.layers.map(({ status }) => status)).toEqual(['copied', 'copied'])
    const again = await pull(await temporaryRepository(), reference, PULL)
    expect(again.manifestDigest).toBe(image.manifest.digest)
  })

  test.each(['gzip', 'zstd', 'none'] as const)(
    'packs other layers anew by %s, twice the same',
    async compression => {
      const repository = await temporaryRepository()
      const image = packedImage(tars)
      const first = await pull(repository, image.reference, PULL)
      const directory = temporaryDirectory()
      const notices: string[] = []
      const result = await exportTo(repository, `${transport}:${directory}/a:v1`, {
        compression,
        onNotice: ({ message }) => notices.push(message),
      })
      expect(result.changed).toBe(true)
      expect(notices.join()).toContain(result.manifestDigest)
      const status = compression === 'none' ? 'recreated' : 'recompressed'
      expect(result.layers.map(layer => layer.status)).toEqual([status, status])
      expect(result.layers.map(layer => layer.sourceDigest)).toEqual(image.digests)
      const second = await exportTo(repository, `${transport}:${directory}/b:v1`, { compression })
      expect(second.manifestDigest).toBe(result.manifestDigest)
      const again = await pull(await temporaryRepository(), `${transport}:${directory}/a:v1`, PULL)
      expect(again.manifestDigest).toBe(result.manifestDigest)
      expect(again.configDigest).toBe(first.configDigest)
      expect(again.composefsErofs).toEqual(first.composefsErofs)
    },
  )
})

describe('export to a layout', () => {
  test('keeps the other images of it, and replaces the tag', async () => {
    const repository = await temporaryRepository()
    const layout = new LayoutBuilder()
    layout.finish({ t: layout.image(tars) })
    await pull(repository, `oci:${layout.directory}:t`, PULL)
    const other = packedImage(tars.slice(1))
    const before = contents(other.layout.directory)
    await exportTo(repository, `oci:${other.layout.directory}:v1`)
    const notices: string[] = []
    await exportTo(repository, `oci:${other.layout.directory}:t`, {
      onNotice: ({ message }) => notices.push(message),
    })
    expect(notices).toEqual([`oci:${other.layout.directory}:t was ${other.manifest.digest} before`])
    const after = contents(other.layout.directory)
    expect(after).toMatchObject({ ...before, 'index.json': after['index.json'] })
    const { manifests } = JSON.parse(String(after['index.json']))
    expect(manifests.map((entry: { annotations: unknown }) => entry.annotations)).toEqual([
      { 'org.opencontainers.image.ref.name': 't' },
      { 'org.opencontainers.image.ref.name': 'v1' },
    ])
    expect(readdirSync(other.layout.directory).toSorted()).toEqual([
      'blobs',
      'index.json',
      'oci-layout',
    ])
  })
})

describe('export to a Docker archive', () => {
  test('has the manifest that a reader makes up', async () => {
    const repository = await temporaryRepository()
    const image = packedImage(tars)
    const first = await pull(repository, image.reference, PULL)
    const path = join(temporaryDirectory(), 'app.tar')
    const result = await exportTo(repository, `docker-archive:${path}:app:1`)
    const again = await pull(await temporaryRepository(), `docker-archive:${path}`, PULL)
    expect(again.manifestDigest).toBe(result.manifestDigest)
    expect(again.configDigest).toBe(first.configDigest)
    expect(again.composefsErofs).toEqual(first.composefsErofs)
    const named = `docker-archive:${path}:docker.io/library/app:1`
    expect((await pull(await temporaryRepository(), named, PULL)).configDigest).toBe(
      first.configDigest,
    )
  })
})

describe('an archive that is there', () => {
  test('is replaced by force alone', async () => {
    const repository = await temporaryRepository()
    await pull(repository, packedImage(tars).reference, PULL)
    const directory = temporaryDirectory()
    const path = join(directory, 'app.tar')
    writeFileSync(path, 'precious')
    await expect(exportTo(repository, `oci-archive:${path}`)).rejects.toMatchObject({
      code: 'ERR_OCI_TARGET_EXISTS',
      facts: { canReplace: true },
    })
    expect(readFileSync(path, 'utf8')).toBe('precious')
    await exportTo(repository, `oci-archive:${path}`, { force: true })
    expect(readFileSync(path).length).toBeGreaterThan(1000)
    expect(readdirSync(directory)).toEqual(['app.tar'])
  })

  test('is no directory', async () => {
    const repository = await temporaryRepository()
    await pull(repository, packedImage(tars).reference, PULL)
    const path = join(temporaryDirectory(), 'directory')
    mkdirSync(path)
    await expect(
      exportTo(repository, `oci-archive:${path}`, { force: true }),
    ).rejects.toMatchObject({ code: 'ERR_OCI_TARGET_EXISTS', facts: { canReplace: false } })
  })
})

describe('an export that is stopped', () => {
  test.each(['oci', 'oci-archive', 'docker-archive'])('leaves nothing of %s', async transport => {
    const repository = await temporaryRepository()
    await pull(repository, packedImage(tars).reference, PULL)
    const directory = temporaryDirectory()
    const stop = new AbortController()
    const reason = new Error('stop')
    await expect(
      exportTo(repository, `${transport}:${directory}/deep`, {
        signal: stop.signal,
        onProgress: ({ kind }) => kind === 'done' && stop.abort(reason),
      }),
    ).rejects.toBe(reason)
    expect(readdirSync(directory)).toEqual([])
    expect(existsSync(directory)).toBe(true)
  })
})
