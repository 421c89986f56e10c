import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Fault,
  type FaultProxy,
  imageDocuments,
  type LayerBlob,
  registryUnavailable,
  startFaultProxy,
  startRegistry,
  startStaticRegistry,
  writeLargeLayer,
} from '@composefs/test-fixtures/registry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pull } from '../src/pull/pull.ts'
import type { PullOptions, PullResult } from '../src/pull/pull-options.ts'
import { expectNothingVisible, VECTOR_PULL } from './image-vectors.ts'
import { FAULT_ROWS, RETRIES } from './registry-fault-rows.ts'
import { registryHome } from './registry-home.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { contentDigest } from './visible-names.ts'

const LAYERS = [
  { name: 'small', size: 300_000 },
  { name: 'large', size: 300 << 20 },
] as const

const unavailable = registryUnavailable()
const server = unavailable === undefined ? 'docker-registry' : `a server of ours: ${unavailable}`

describe(`faults between a pull and ${server}`, { timeout: 300_000 }, () => {
  const home = registryHome()
  const work = mkdtempSync(join(tmpdir(), 'composefs-faults-'))
  const blobs = new Map<string, LayerBlob>()
  const cleanups: (() => unknown)[] = [() => rmSync(work, { recursive: true, force: true })]
  let proxy: FaultProxy
  let options: PullOptions

  beforeAll(async () => {
    const images = LAYERS.map(({ name, size }, seed) => {
      const layer = writeLargeLayer(join(work, name), { size, seed })
      blobs.set(name, layer)
      return { name, layer, image: imageDocuments([layer]) }
    })
    const target = await startTarget(images)
    cleanups.push(() => target.stop())
    proxy = await startFaultProxy({ target: target.url })
    cleanups.push(() => proxy.stop())
    options = {
      ...VECTOR_PULL,
      registry: home.options([proxy.host], { retries: RETRIES, idleTimeoutMs: 1500 }),
    }
  })
  afterAll(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup()
  })

  describe.each(LAYERS)('a $name layer', ({ name }) => {
    const reference = () => `docker://${proxy.host}/${name}:t`
    const layerOf = () => {
      const layer = blobs.get(name)
      if (layer === undefined) throw new Error(`no layer ${name}`)
      return layer
    }

    test.each(FAULT_ROWS.filter(({ only = name }) => only === name))('$name', async row => {
      const layer = layerOf()
      const { path = layer.digest, refused } = row
      proxy.reset(row.faults(layer).map(rule => ({ ...rule, path, fault: onProxy(rule.fault) })))
      const repository = await temporaryRepository()
      const asked = () => proxy.requests.filter(request => request.path.includes(path)).length
      if (refused === undefined) {
        const result = await pull(repository, reference(), options)
        await expectWhole(result)
      } else {
        const error = await pull(repository, reference(), options).catch(
          (thrown: unknown) => thrown,
        )
        expect(error).toBeInstanceOf(Error)
        expect(refused).toContain((error as { code?: string }).code)
        await expectNothingVisible(repository)
      }
      expect(asked()).toBeLessThanOrEqual(row.requests ?? 20)
      if (row.resent !== undefined) {
        const sent = proxy.sentBytes(layer.digest)
        expect(sent - layer.size).toBeLessThanOrEqual(row.resent(layer))
      }
      // What failed leaves nothing in the way of another pull; the small layer shows that too.
      if (refused === undefined || name === 'large') return
      proxy.reset()
      await expectWhole(await pull(repository, reference(), options))

      async function expectWhole({ layers }: PullResult): Promise<void> {
        expect(layers).toMatchObject([{ diffId: layer.diffId, status: 'fetched' }])
        expect(await contentDigest(repository, `oci-layer-${layer.diffId}`)).toBe(layer.diffId)
      }
    })
  })

  /** A redirect to a path is one to the proxy itself. */
  function onProxy(fault: Fault): Fault {
    if (fault.kind !== 'redirect') return fault
    return { ...fault, to: new URL(fault.to, proxy.url).href }
  }
})

interface ServedImage {
  readonly name: string
  readonly layer: LayerBlob
  readonly image: ReturnType<typeof imageDocuments>
}

/** The real registry where it is installed. */
async function startTarget(
  images: readonly ServedImage[],
): Promise<{ url: string; stop(): Promise<void> }> {
  if (unavailable !== undefined) {
    const registry = await startStaticRegistry()
    for (const { name, layer, image } of images) {
      registry.serve(name, {
        manifests: new Map([['t', manifestOf(image)]]),
        blobs: new Map<string, Uint8Array | string>([
          [layer.digest, layer.path],
          [image.configDigest, image.config],
        ]),
      })
    }
    return registry
  }
  const registry = await startRegistry()
  for (const { name, layer, image } of images) {
    await registry.pusher.blob(name, layer)
    await registry.pusher.blob(name, image.config)
    await registry.pusher.manifest(name, 't', manifestOf(image))
  }
  return registry
}

function manifestOf(image: ReturnType<typeof imageDocuments>) {
  return { bytes: image.manifest, mediaType: image.manifestType, digest: image.manifestDigest }
}
