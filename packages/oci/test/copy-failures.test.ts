import { unlinkSync, writeFileSync } from 'node:fs'
import { type Algorithm, SHA256, SHA512 } from '@composefs/fsverity'
import { isRepositoryError, publish, type Repository } from '@composefs/repository'
import { buildTar } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CopyOptions, copyImage } from '../src/copy/copy-image.ts'
import { pull } from '../src/pull/pull.ts'
import { configName, writeConfig } from '../src/store/config-stream.ts'
import { manifestName, writeManifest } from '../src/store/manifest-stream.ts'
import { openImage } from '../src/store/open-image.ts'
import { layerStreamId } from '../src/store/stream-names.ts'
import { packedImage } from './packed-image.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { visibleNames } from './visible-names.ts'

const PAIRS: readonly (readonly [string, Algorithm, Algorithm])[] = [
  ['sha256 to sha256', SHA256, SHA256],
  ['sha256 to sha512', SHA256, SHA512],
]
const OPTIONS = { tag: 'app', platform: { os: 'linux', architecture: 'amd64' } }

const tars: Uint8Array[] = []
beforeAll(async () => {
  const usr = { name: 'usr', type: 'directory' } as const
  tars.push(
    await buildTar([usr, { name: 'usr/a', content: 'a'.repeat(600_000) }]),
    await buildTar([{ name: 'usr/b', content: 'b'.repeat(200) }]),
  )
})

const repositoryOf = (algorithm: Algorithm) => temporaryRepository({ algorithm })

describe.each(PAIRS)(
  'a copy that fails leaves nothing but finished layers, %s',
  (_, source, target) => {
    const failing = async (
      spoil: (from: Repository, ids: readonly string[]) => Promise<void> | void,
      options: CopyOptions = {},
    ) => {
      const [from, to] = [await repositoryOf(source), await repositoryOf(target)]
      const { reference, diffIds } = packedImage(tars)
      await pull(from, reference, OPTIONS)
      await spoil(from, diffIds)
      const error = await copyImage(from, 'app', to, { tag: 'app', ...options }).catch(
        (thrown: unknown) => thrown,
      )
      return { error, left: visibleNames(to), diffIds, to, from }
    }
    const objectOf = async (from: Repository, id: string | undefined) => {
      const { objectReferences } = await from.streams.open(layerStreamId(id ?? ''))
      return from.layout.object(objectReferences.at(0) ?? expect.fail('no object'))
    }

    test('when an object is missing', async () => {
      const { error, left, diffIds } = await failing(async (from, ids) =>
        unlinkSync(await objectOf(from, ids[1])),
      )
      expect(isRepositoryError(error, 'ERR_REPOSITORY_OBJECT_NOT_FOUND')).toBe(true)
      expect(left).toEqual([`streams/oci-layer-${diffIds[0]}`])
    })

    test('when an object was changed', async () => {
      const { error, left, diffIds } = await failing(async (from, ids) =>
        writeFileSync(await objectOf(from, ids[1]), 'x'.repeat(200)),
      )
      expect((error as { code?: string }).code).toBe(
        source === target ? 'ERR_REPOSITORY_DIGEST_MISMATCH' : 'ERR_OCI_DIFF_ID_MISMATCH',
      )
      expect(left).toEqual([`streams/oci-layer-${diffIds[0]}`])
    })

    test('when a layer is stored under the name of another', async () => {
      const { error, left, diffIds } = await failing(async (from, [low = '', high = '']) => {
        const { config, manifest } = await openImage(from, 'app')
        const wrong = from.streams.resolve(layerStreamId(low))
        const layers = new Map([...config.layers, [high, wrong] as const])
        const newConfig = await writeConfig(from, { json: config.json, layers, images: new Map() })
        const newManifest = await writeManifest(from, {
          json: manifest.json,
          config: newConfig,
          layers,
        })
        publish(from, [configName(newConfig), manifestName(newManifest)])
      })
      expect(error).toMatchObject({
        code: 'ERR_OCI_DIFF_ID_MISMATCH',
        facts: { layer: 2, expected: diffIds[1], actual: diffIds[0] },
      })
      expect(left).toEqual([`streams/oci-layer-${diffIds[0]}`])
    })

    test('when it is interrupted, and another goes on from there', async () => {
      const controller = new AbortController()
      const reason = new Error('enough')
      const { error, left, diffIds, to, from } = await failing(() => {}, {
        signal: controller.signal,
        onProgress: frame => {
          if (frame.kind === 'done' && frame.id !== 'total') controller.abort(reason)
        },
      })
      expect(error).toBe(reason)
      expect(left).toEqual([`streams/oci-layer-${diffIds[0]}`])
      const { layers } = await copyImage(from, 'app', to, { tag: 'app' })
      expect(layers.map(({ status }) => status)).toEqual(['present', 'copied'])
    })
  },
)
