import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Repository } from '@composefs/repository'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { missingPrograms, runProgram } from '@composefs/test-fixtures/registry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isOciError } from '../src/errors.ts'
import { exportImage } from '../src/export/export-image.ts'
import { pull } from '../src/pull/pull.ts'
import type { PullResult } from '../src/pull/pull-options.ts'
import { seal } from '../src/seal/seal.ts'
import { openImageConfig } from '../src/store/open-image.ts'
import { openTarget } from '../src/target/open-target.ts'
import { imageVectors, imageVectorsDirectory, VECTOR_PULL } from './image-vectors.ts'
import { LayoutBuilder, temporaryDirectory } from './layout-builder.ts'
import { packedImage } from './packed-image.ts'
import { twoLayers } from './pulled-image.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { unpackTar } from './unpack-tar.ts'

const accepted = imageVectors.filter(({ verdict }) => verdict === 'accept')

async function exportTo(repository: Repository, image: string, reference: string) {
  await using target = await openTarget(reference)
  return await exportImage(repository, image, target)
}

/** What makes an image what it is. */
const identity = ({ configDigest, images, isArtifact, layers }: PullResult) => ({
  configDigest,
  images,
  isArtifact,
  diffIds: layers.map(({ diffId }) => diffId),
})

describe('images of the vectors go out and come back', () => {
  test.each(accepted)('$id', async ({ file, ref }) => {
    const layout = unpackTar(join(imageVectorsDirectory, file))
    const repository = await temporaryRepository({ versions: [1, 2] })
    const source = `oci:${layout}${ref === null ? '' : `:${ref}`}`
    const first = await pull(repository, source, { ...VECTOR_PULL, keepBlobs: true })
    const directory = temporaryDirectory()
    for (const reference of [`oci:${directory}/layout:x`, `oci-archive:${directory}/a.tar:x`]) {
      const result = await exportTo(repository, 'pulled', reference)
      expect(result.changed).toBe(false)
      const other = await temporaryRepository({ versions: [1, 2] })
      const again = await pull(other, reference, VECTOR_PULL)
      expect(again.manifestDigest).toBe(first.manifestDigest)
      expect(identity(again)).toEqual(identity(first))
    }
    // A second export, to where all of it is.
    const second = await exportTo(repository, 'pulled', `oci:${directory}/layout:y`)
    expect(second.bytesUploaded).toBe(0)
    expect(second.layers.every(({ status }) => status === 'present')).toBe(true)
    const docker = `docker-archive:${directory}/docker.tar`
    if (first.isArtifact) {
      await expect(exportTo(repository, 'pulled', docker)).rejects.toMatchObject({
        code: 'ERR_OCI_NOT_AN_IMAGE',
      })
      return
    }
    const { manifestDigest } = await exportTo(repository, 'pulled', docker)
    const other = await temporaryRepository({ versions: [1, 2] })
    const again = await pull(other, docker, VECTOR_PULL)
    expect(again.manifestDigest).toBe(manifestDigest)
    expect(identity(again)).toEqual(identity(first))
  })

  test('so do odd tars, put together from their parts', async () => {
    const directory = join(vectorsDirectory, 'repo')
    const { odd_tars: tars } = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as {
      readonly odd_tars: Readonly<Record<string, { readonly file: string }>>
    }
    const repository = await temporaryRepository()
    const target = `oci:${temporaryDirectory()}/layout`
    let taken = 0
    for (const [name, { file }] of Object.entries(tars)) {
      const layout = new LayoutBuilder()
      layout.finish({ t: layout.image([readFileSync(join(directory, file))]) })
      const source = `oci:${layout.directory}:t`
      try {
        await pull(repository, source, { ...VECTOR_PULL, tag: name })
      } catch (error) {
        // Those that make no image.
        if (isOciError(error)) continue
        throw error
      }
      taken += 1
      const result = await exportTo(repository, name, `${target}:${name}`)
      expect([name, result.changed]).toEqual([name, false])
    }
    expect(taken).toBeGreaterThan(15)
  })
})

describe('a sealed image', () => {
  test('keeps its label, whatever becomes of its layers', async () => {
    const repository = await temporaryRepository()
    const image = packedImage(await twoLayers())
    await pull(repository, image.reference, { ...VECTOR_PULL, tag: 'app' })
    const sealed = await seal(repository, 'app')
    const directory = temporaryDirectory()
    for (const reference of [`oci:${directory}/layout:x`, `docker-archive:${directory}/a.tar`]) {
      const result = await exportTo(repository, 'app', reference)
      expect(result).toMatchObject({ changed: true, configDigest: sealed.config.digest })
      const other = await temporaryRepository()
      await pull(other, reference, { ...VECTOR_PULL, tag: 'app' })
      const { config } = await openImageConfig(other, 'app')
      expect([...config.labels.values()]).toEqual([sealed.image.hex])
    }
  })
})

const missing = missingPrograms('umoci', 'skopeo', 'tar')

describe.skipIf(missing !== undefined)(
  `other tools take what is exported${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    let manifestDigest = ''
    let references: Record<string, string> = {}
    const cleanups: (() => unknown)[] = []
    beforeAll(() => {
      const directory = mkdtempSync(join(tmpdir(), 'composefs-oci-tools-'))
      cleanups.push(() => rmSync(directory, { recursive: true }))
      references = {
        layout: `oci:${directory}/layout:x`,
        archive: `oci-archive:${directory}/archive.tar:x`,
        docker: `docker-archive:${directory}/docker.tar:quay.io/a/b:1`,
      }
    })
    afterAll(() => {
      for (const cleanup of cleanups) cleanup()
    })

    test('skopeo', async () => {
      const repository = await temporaryRepository()
      const image = packedImage(await twoLayers())
      const pulled = await pull(repository, image.reference, { ...VECTOR_PULL, tag: 'app' })
      for (const [name, reference] of Object.entries(references)) {
        const result = await exportTo(repository, 'app', reference)
        const { Digest } = JSON.parse(runProgram('skopeo', ['inspect', reference]))
        if (name !== 'docker') expect(Digest).toBe(result.manifestDigest)
        if (name === 'layout') manifestDigest = result.manifestDigest
        const to = `oci:${temporaryDirectory()}/copy:y`
        runProgram('skopeo', ['copy', reference, to])
        const again = await pull(await temporaryRepository(), to, VECTOR_PULL)
        expect(again.composefsErofs).toEqual(pulled.composefsErofs)
        // Skopeo packs the plain layers of a Docker archive, and its copies of others are the same.
        if (name !== 'docker') expect(again.manifestDigest).toBe(result.manifestDigest)
      }
    })

    test('umoci', () => {
      const [, layout = ''] = /^oci:(.*):x$/.exec(references.layout ?? '') ?? []
      expect(runProgram('umoci', ['ls', '--layout', layout]).trim()).toBe('x')
      const stat = JSON.parse(runProgram('umoci', ['stat', '--json', '--image', `${layout}:x`]))
      expect(stat.history).toBeDefined()
      const bundle = join(temporaryDirectory(), 'bundle')
      runProgram('umoci', ['unpack', '--rootless', '--image', `${layout}:x`, bundle])
      expect(readFileSync(join(bundle, 'rootfs/usr/b'), 'utf8')).toBe('b')
      expect(manifestDigest).toMatch(/^sha256:/)
    })

    test('tar: an archive is a layout', () => {
      const [, file = ''] = /^oci-archive:(.*):x$/.exec(references.archive ?? '') ?? []
      const directory = temporaryDirectory()
      runProgram('tar', ['-xf', file, '-C', directory])
      const { manifests } = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8'))
      expect(manifests[0].digest).toBe(manifestDigest)
      const bytes = readFileSync(join(directory, 'blobs', ...manifestDigest.split(':')))
      expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(manifestDigest)
    })
  },
)
