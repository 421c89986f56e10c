import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@composefs/test-fixtures'
import {
  type FaultProxy,
  imageDocuments,
  type LayerBlob,
  registryUnavailable,
  startFaultProxy,
  startRegistry,
  writeLargeLayer,
} from '@composefs/test-fixtures/registry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesOf, peer, runOurs, runPeer, textOf } from './programs.ts'
import { registryEnvironment } from './registry-environment.ts'
import { startOurs } from './running.ts'

/** Points at which a pull is killed. More are for a long night: COMPOSEFS_TEST_KILLS=50. */
const KILLS = Number(process.env.COMPOSEFS_TEST_KILLS ?? 6)
const JOBS = 2
const LAYERS = 6
const LAYER_SIZE = 3 << 20

const unavailable = registryUnavailable()

describe.skipIf(unavailable !== undefined)(
  `a pull that is killed, and another one after it${unavailable === undefined ? '' : `: ${unavailable}`}`,
  () => {
    const work = mkdtempSync(join(tmpdir(), 'cfsctl-killed-'))
    const cleanups: (() => unknown)[] = [() => rmSync(work, { recursive: true, force: true })]
    const layers: LayerBlob[] = []
    let proxy: FaultProxy
    let environment: Readonly<Record<string, string>>
    /** What the image is. */
    let undisturbed: unknown
    beforeAll(async () => {
      const registry = await startRegistry()
      cleanups.push(() => registry.stop())
      for (let number = 0; number < LAYERS; number++) {
        const path = join(work, `layer-${number}`)
        // Of many sizes, so that they do not end together.
        const size = LAYER_SIZE + number * 400_000
        layers.push(writeLargeLayer(path, { size, seed: number, files: 40 }))
      }
      const image = imageDocuments(layers)
      for (const layer of layers) await registry.pusher.blob('app', layer)
      await registry.pusher.blob('app', image.config)
      const manifest = { bytes: image.manifest, mediaType: image.manifestType }
      await registry.pusher.manifest('app', 't', manifest)
      proxy = await startFaultProxy({ target: registry.url })
      cleanups.push(() => proxy.stop())
      environment = registryEnvironment(work, [proxy.host])

      const repository = join(work, 'undisturbed')
      bytesOf(runOurs(['--repo', repository, 'init', '--insecure']))
      const pull = ['--repo', repository, 'oci', 'pull', `docker://${proxy.host}/app:t`, 'app']
      bytesOf(await startOurs(pull, environment).ended)
      undisturbed = imageId(repository)
    })
    afterAll(async () => {
      for (const cleanup of cleanups.reverse()) await cleanup()
    })

    const total = () => layers.reduce((sum, { size }) => sum + size, 0)
    const random = seededRandom(Date.now())
    const points = Array.from({ length: KILLS }, (_, number) => ({
      number,
      // The last bytes and what follows them count as much as the rest.
      share: random.below(1100) / 1000,
      pauseMs: random.below(200),
    }))

    test.each(points)('$number: at $share of the bytes and $pauseMs ms', async point => {
      const repository = join(work, `repository-${point.number}`)
      bytesOf(runOurs(['--repo', repository, 'init', '--insecure']))
      const pull = ['--repo', repository, '--jobs', String(JOBS), 'oci', 'pull']
      const words = [...pull, `docker://${proxy.host}/app:t`, 'app']

      // About a second for all layers.
      const fault = { kind: 'slow', bytes: 64 << 10, pauseMs: 5 } as const
      proxy.reset([{ path: '/blobs/', times: Number.POSITIVE_INFINITY, fault }])
      const killed = startOurs(words, environment)
      const enough = Math.min(point.share, 1) * total()
      await killed.until(() => layerBytes() >= enough)
      await new Promise(resolve => setTimeout(resolve, point.pauseMs))
      killed.child.kill('SIGKILL')
      const { status, signal, stderr } = await killed.ended
      // It may have been done before.
      expect(signal ?? status, stderr).toBe(signal === null ? 0 : 'SIGKILL')
      const before = requestedLayers()
      const named = storedLayers(repository)

      proxy.reset()
      bytesOf(await startOurs(words, environment).ended)
      const again = requestedLayers()
      expect(again.filter(digest => named.includes(digest))).toEqual([])
      expect(new Set([...named, ...again]).size).toBe(LAYERS)
      // Each worker was in at most one layer.
      expect(again.filter(digest => before.includes(digest)).length).toBeLessThanOrEqual(JOBS)

      if (peer !== undefined) {
        expect(textOf(runPeer(['--repo', repository, 'fsck']))).toMatch(/status: ok/)
        expect(textOf(runPeer(['--repo', repository, 'oci', 'fsck']))).toMatch(/status: ok/)
      }
      expect(imageId(repository)).toBe(undisturbed)
      // Made from the layers once more.
      const computed = runOurs(['--repo', repository, 'oci', 'compute-id', 'app'])
      expect(textOf(computed)).toBe(undisturbed)
      rmSync(repository, { recursive: true })
    })

    function imageId(repository: string): unknown {
      const text = textOf(runOurs(['--repo', repository, 'oci', 'inspect', 'app']))
      return JSON.parse(text).composefs_erofs
    }

    const digestOf = (path: string) => layers.find(({ digest }) => path.includes(digest))?.digest

    function layerBytes(): number {
      return proxy.requests
        .filter(({ path }) => digestOf(path) !== undefined)
        .reduce((sum, { sent }) => sum + sent, 0)
    }

    function requestedLayers(): string[] {
      const digests = proxy.requests
        .filter(({ method }) => method === 'GET')
        .map(({ path }) => digestOf(path))
        .filter(digest => digest !== undefined)
      return [...new Set(digests)]
    }

    /** Layers that have their name in the repository; plain ones, so that it is their blob's digest too. */
    function storedLayers(repository: string): string[] {
      const streams = join(repository, 'streams')
      if (!existsSync(streams)) return []
      return readdirSync(streams)
        .filter(name => name.startsWith('oci-layer-'))
        .map(name => name.slice('oci-layer-'.length))
    }
  },
)
