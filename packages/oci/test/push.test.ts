import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Repository } from '@composefs/repository'
import { buildTar } from '@composefs/test-fixtures'
import {
  type FaultProxy,
  missingPrograms,
  registryUnavailable,
  runProgram,
  startFaultProxy,
  startRegistry,
  type TestRegistry,
} from '@composefs/test-fixtures/registry'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { exportImage } from '../src/export/export-image.ts'
import type { ExportOptions } from '../src/export/export-options.ts'
import { pull } from '../src/pull/pull.ts'
import type { PullOptions } from '../src/pull/pull-options.ts'
import { openTarget } from '../src/target/open-target.ts'
import { LayoutBuilder } from './layout-builder.ts'
import { packedImage } from './packed-image.ts'
import { registryHome } from './registry-home.ts'
import { temporaryRepository } from './temporary-repository.ts'

const PULL: PullOptions = { tag: 'app', platform: { os: 'linux', architecture: 'amd64' } }
const unavailable = registryUnavailable()

describe.skipIf(unavailable !== undefined)(
  `push to a registry${unavailable === undefined ? '' : ` (${unavailable})`}`,
  () => {
    const home = registryHome()
    let registry: TestRegistry
    let proxy: FaultProxy
    let tars: readonly Uint8Array[] = []
    let large: Uint8Array = new Uint8Array()
    beforeAll(async () => {
      registry = await startRegistry()
      proxy = await startFaultProxy({ target: registry.url })
      const usr = { name: 'usr', type: 'directory' } as const
      tars = [
        await buildTar([usr, { name: 'usr/a', content: 'a'.repeat(5000) }]),
        await buildTar([{ name: 'usr/b', content: randomBytes(300_000) }]),
      ]
      large = await buildTar([usr, { name: 'usr/large', content: randomBytes(20 << 20) }])
    })
    afterEach(() => proxy.reset())
    afterAll(async () => {
      await proxy?.stop()
      await registry?.stop()
    })

    const options = () => ({ registry: home.options([registry.host, proxy.host]) })

    async function push(repository: Repository, name: string, more: ExportOptions = {}) {
      await using target = await openTarget(`docker://${name}`, options())
      return await exportImage(repository, 'app', target, more)
    }

    async function plainImage(...layers: readonly Uint8Array[]): Promise<Repository> {
      const repository = await temporaryRepository()
      const layout = new LayoutBuilder()
      layout.finish({ t: layout.image(layers) })
      await pull(repository, `oci:${layout.directory}:t`, PULL)
      return repository
    }

    test('and pull again: the same image, and the same manifest where blobs are kept', async () => {
      for (const keepBlobs of [true, false]) {
        const repository = await temporaryRepository()
        const image = packedImage(tars)
        const first = await pull(repository, image.reference, { ...PULL, keepBlobs })
        const name = `${registry.host}/round/trip${keepBlobs ? 'kept' : 'packed'}:1`
        const pushed = await push(repository, name)
        expect(pushed.changed).toBe(!keepBlobs)
        expect(pushed.layers.map(({ status }) => status)).toEqual(
          Array(2).fill(keepBlobs ? 'copied' : 'recompressed'),
        )
        const again = await pull(await temporaryRepository(), `docker://${name}`, {
          ...PULL,
          ...options(),
        })
        expect(again.manifestDigest).toBe(pushed.manifestDigest)
        expect(again.configDigest).toBe(first.configDigest)
        expect(again.composefsErofs).toEqual(first.composefsErofs)
        const second = await push(repository, name)
        expect(second.manifestDigest).toBe(pushed.manifestDigest)
        expect(second.bytesUploaded).toBe(0)
      }
    })

    test('finds blobs in other repositories of the registry', async () => {
      const image = packedImage(tars)
      const name = `${registry.host}/mount/from:1`
      await registry.pusher.layout('mount/from', image.layout.directory, 't', '1')
      const repository = await temporaryRepository()
      await pull(repository, `docker://${name}`, { ...PULL, ...options() })
      await pull(repository, `docker://${name}`, { ...PULL, ...options(), tag: `docker://${name}` })
      const result = await push(repository, `${registry.host}/mount/to:1`)
      expect(result.layers.map(({ status }) => status)).toEqual(['mounted', 'mounted'])
      expect(result).toMatchObject({ changed: false, bytesUploaded: 0 })
      expect(result.manifestDigest).toBe(image.manifest.digest)
    })

    test.each([
      ['a reset of a small blob', tars => tars, { method: 'PUT', path: '/uploads/' }],
      ['a reset of a chunk', (_, large) => [large], { method: 'PATCH', path: '/uploads/' }],
    ] satisfies [
      string,
      (tars: readonly Uint8Array[], large: Uint8Array) => readonly Uint8Array[],
      { method: string; path: string },
    ][])('goes on after %s', async (_, choose, rule) => {
      const repository = await plainImage(...choose(tars, large))
      proxy.reset([{ ...rule, fault: { kind: 'reset-upload', after: 1000 } }])
      const name = `${proxy.host}/faults/${rule.method.toLowerCase()}:1`
      const result = await push(repository, name)
      expect(result.changed).toBe(false)
      const again = await pull(await temporaryRepository(), `docker://${name}`, {
        ...PULL,
        ...options(),
      })
      expect(again.manifestDigest).toBe(result.manifestDigest)
    })

    test('cancels an upload that is stopped', async () => {
      const repository = await plainImage(large)
      const stop = new AbortController()
      proxy.reset([
        { method: 'PATCH', path: '/uploads/', fault: { kind: 'delay', milliseconds: 60_000 } },
      ])
      const pushed = push(repository, `${proxy.host}/faults/stop:1`, { signal: stop.signal })
      await expect.poll(() => proxy.requests.some(({ method }) => method === 'PATCH')).toBe(true)
      const reason = new Error('stop')
      stop.abort(reason)
      await expect(pushed).rejects.toBe(reason)
      expect(proxy.requests.some(({ method }) => method === 'DELETE')).toBe(true)
    })

    test('lists a manifest with a subject, where the registry has no API for that', async () => {
      const repository = await temporaryRepository()
      const layout = new LayoutBuilder()
      const image = layout.image(tars)
      layout.finish({ t: image })
      await registry.pusher.layout('with/subject', layout.directory, 't')
      const blob = layout.blob('signature', 'application/x.signature')
      const artifact = layout.json(
        {
          schemaVersion: 2,
          mediaType: image.mediaType,
          artifactType: 'application/x.test',
          config: layout.blob('{}', 'application/vnd.oci.empty.v1+json'),
          layers: [blob],
          subject: image,
        },
        image.mediaType,
      )
      layout.finish({ s: artifact })
      await pull(repository, `oci:${layout.directory}:s`, PULL)
      const name = `${registry.host}/with/subject`
      const result = await push(repository, `${name}:signature`)
      expect(result).toMatchObject({ isArtifact: true, changed: false })
      expect(result.layers).toMatchObject([{ status: 'copied', digest: blob.digest }])
      const pulled = await pull(await temporaryRepository(), `docker://${name}:t`, {
        ...PULL,
        ...options(),
        referrers: true,
      })
      expect(pulled.referrers).toMatchObject([{ manifestDigest: artifact.digest }])
    })

    test('names a digest that the image has to have', async () => {
      const repository = await plainImage(...tars)
      const digest = `sha256:${'0'.repeat(64)}`
      await expect(push(repository, `${registry.host}/a/b@${digest}`)).rejects.toMatchObject({
        code: 'ERR_OCI_REFERENCE_MISMATCH',
      })
    })

    const skopeo = missingPrograms('skopeo')
    test.skipIf(skopeo !== undefined)(
      `skopeo inspects and copies what was pushed${skopeo === undefined ? '' : ` (${skopeo})`}`,
      async () => {
        const repository = await temporaryRepository()
        const image = packedImage(tars)
        await pull(repository, image.reference, PULL)
        const name = `${registry.host}/for/skopeo:1`
        const { manifestDigest } = await push(repository, name, { compression: 'zstd' })
        const reference = `docker://${name}`
        const document = JSON.parse(
          runProgram('skopeo', ['inspect', '--tls-verify=false', reference]),
        )
        expect(document.Digest).toBe(manifestDigest)
        const to = join(home.path, 'skopeo')
        runProgram('skopeo', ['copy', '--src-tls-verify=false', reference, `oci:${to}:1`])
        const { manifests } = JSON.parse(readFileSync(join(to, 'index.json'), 'utf8'))
        expect(manifests[0].digest).toBe(manifestDigest)
      },
    )
  },
)
