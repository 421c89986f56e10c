import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RegistryOptions as ClientOptions } from '@composefs/registry'
import {
  imageDocuments,
  type LayerBlob,
  type RegistryOptions,
  startRegistry,
  type TestRegistry,
  writeLargeLayer,
} from '@composefs/test-fixtures/registry'
import { afterAll, expect } from 'vitest'
import { pull } from '../src/pull/pull.ts'
import type { PullResult } from '../src/pull/pull-options.ts'
import { VECTOR_PULL } from './image-vectors.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { visibleNames } from './visible-names.ts'

const LAYER_SIZE = 8 << 20

/** An image of one layer, `team/app:t`, that registries of all kinds have. */
export interface GuardedImage {
  /** A directory that goes with the tests. */
  readonly work: string
  readonly layer: LayerBlob
  /** Starts a registry that has it; it is stopped after the tests. */
  start(options: RegistryOptions): Promise<TestRegistry>
  /** Pulls it, and all of it has to come. */
  expectPull(host: string, registry: ClientOptions): Promise<void>
  /** The code of the error that a pull ends with, which leaves nothing behind. */
  codeOfPull(host: string, registry: ClientOptions): Promise<unknown>
}

/** Makes the image. To be called in a `describe`. */
export function guardedImage(): GuardedImage {
  const work = mkdtempSync(join(tmpdir(), 'composefs-guarded-'))
  const layer = writeLargeLayer(join(work, 'layer'), { size: LAYER_SIZE, seed: 1 })
  const image = imageDocuments([layer])
  const started: TestRegistry[] = []
  afterAll(async () => {
    for (const registry of started.reverse()) await registry.stop()
    rmSync(work, { recursive: true })
  })

  const pullFrom = async (host: string, registry: ClientOptions) => {
    const repository = await temporaryRepository()
    const reference = `docker://${host}/team/app:t`
    const result = pull(repository, reference, { ...VECTOR_PULL, registry })
    return { repository, result }
  }

  return {
    work,
    layer,
    async start(options) {
      const registry = await startRegistry(options)
      started.push(registry)
      const { pusher } = registry
      await pusher.blob('team/app', layer)
      await pusher.blob('team/app', image.config)
      const manifest = { bytes: image.manifest, mediaType: image.manifestType }
      await pusher.manifest('team/app', 't', manifest)
      return registry
    },
    async expectPull(host, registry) {
      const { result } = await pullFrom(host, registry)
      const { layers, manifestDigest }: PullResult = await result
      expect(manifestDigest).toBe(image.manifestDigest)
      expect(layers).toMatchObject([{ diffId: layer.diffId, status: 'fetched' }])
    },
    async codeOfPull(host, registry) {
      const { repository, result } = await pullFrom(host, registry)
      const error = await result.catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(Error)
      expect(visibleNames(repository)).toEqual([])
      return (error as { code?: string }).code
    },
  }
}
