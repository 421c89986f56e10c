import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runReadmeExample } from '@composefs/test-fixtures'
import {
  imageDocuments,
  registryUnavailable,
  startRegistry,
  writeLargeLayer,
} from '@composefs/test-fixtures/registry'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { temporaryDirectory } from './temporary-directory.ts'

const directory = fileURLToPath(new URL('..', import.meta.url))
const unavailable = registryUnavailable()

describe.skipIf(unavailable !== undefined)(
  `the README${unavailable === undefined ? '' : `: ${unavailable}`}`,
  () => {
    test('has an example that runs', async () => {
      const registry = await startRegistry()
      onTestFinished(() => registry.stop())
      const work = temporaryDirectory()
      const layer = writeLargeLayer(join(work, 'layer'), { size: 100_000, seed: 1 })
      const image = imageDocuments([layer])
      await registry.pusher.blob('team/app', layer)
      await registry.pusher.blob('team/app', image.config)
      const manifest = { bytes: image.manifest, mediaType: image.manifestType }
      await registry.pusher.manifest('team/app', '1.0', manifest)

      const conf = join(work, 'registries.conf')
      writeFileSync(
        conf,
        `[[registry]]\nprefix = "ghcr.io"\nlocation = "${registry.host}"\ninsecure = true\n`,
      )
      vi.stubEnv('CONTAINERS_REGISTRIES_CONF', conf)
      onTestFinished(() => void vi.unstubAllEnvs())
      expect(runReadmeExample(directory)).toBe(`${image.manifestDigest}\ntrue\n`)
    })
  },
)
