import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Algorithm, SHA256, SHA512 } from '@composefs/fsverity'
import { describe, expect, test } from 'vitest'
import { computeDigests } from '../src/digests/compute-digests.ts'
import { exportSealed } from '../src/export/export-sealed.ts'
import { pull } from '../src/pull/pull.ts'
import { mountableImage } from '../src/seal/mountable-image.ts'
import { seal } from '../src/seal/seal.ts'
import { openSource } from '../src/source/open-source.ts'
import { openImageConfig } from '../src/store/open-image.ts'
import { openTarget } from '../src/target/open-target.ts'
import { LayoutBuilder, temporaryDirectory } from './layout-builder.ts'
import { platform } from './layout-digests.ts'
import { twoLayers } from './pulled-image.ts'
import { temporaryRepository } from './temporary-repository.ts'

/** The lowest layer comes twice. */
async function layoutOfApp(): Promise<LayoutBuilder> {
  const layout = new LayoutBuilder()
  const [low, high] = await twoLayers()
  return layout.finish({ t: layout.image([low, high, low]) })
}

const APP = { platform }

async function sealTo(
  reference: string,
  to: string,
  more: { algorithm?: Algorithm; version?: 1 | 2; manifestDigest?: string } = {},
) {
  const { algorithm = SHA512, version = 1 } = more
  await using source = await openSource(reference, APP)
  const [digests] = await computeDigests(source, { algorithms: [algorithm], versions: [version] })
  const [id] = digests?.ids ?? []
  if (digests === undefined || id === undefined) throw new Error('no id')
  await using target = await openTarget(to)
  const image = id.digest
  const manifestDigest = more.manifestDigest ?? digests.manifestDigest
  return { image, result: await exportSealed(source, target, { image, manifestDigest }) }
}

/** Bytes of the blobs of a layout, its manifest left aside. */
function blobBytes(reference: string, manifestDigest: string): number {
  const blobs = join(reference.split(':')[1] ?? '', 'blobs/sha256')
  return readdirSync(blobs)
    .filter(name => `sha256:${name}` !== manifestDigest)
    .reduce((sum, name) => sum + statSync(join(blobs, name)).size, 0)
}

describe('sealing from a source to a target', () => {
  test.each([
    [SHA256, 1],
    [SHA256, 2],
    [SHA512, 1],
    [SHA512, 2],
  ] as const)('%s V%i: gives the image that seal gives', async (algorithm, version) => {
    const layout = await layoutOfApp()
    const reference = `oci:${layout.directory}:t`
    const to = `oci:${temporaryDirectory()}/layout:sealed`
    const { image, result } = await sealTo(reference, to, { algorithm, version })

    const repository = await temporaryRepository({ algorithm, versions: [version] })
    await pull(repository, reference, { tag: 'app', ...APP })
    const sealed = await seal(repository, 'app')
    expect(result).toMatchObject({
      manifestDigest: sealed.manifest.digest,
      configDigest: sealed.config.digest,
      sourceConfigDigest: sealed.sourceConfig,
      changed: true,
    })
    expect(image.hex).toBe(sealed.image.hex)

    // Another repository takes it, and mounts what the label says.
    const other = await temporaryRepository({ algorithm, versions: [version] })
    await pull(other, to, { tag: 'app', ...APP })
    const mountable = await mountableImage(other, await openImageConfig(other, 'app'))
    expect(mountable.digest.hex).toBe(image.hex)
    expect(mountable.notice).toBeUndefined()
  })

  test('changes nothing of an image that has the label, and sends nothing twice', async () => {
    const layout = await layoutOfApp()
    const to = `oci:${temporaryDirectory()}/layout:sealed`
    const first = await sealTo(`oci:${layout.directory}:t`, to)
    expect(first.result.bytesUploaded).toBe(blobBytes(to, first.result.manifestDigest))
    const second = await sealTo(to, to.replace(':sealed', ':again'))
    expect(second.image.hex).toBe(first.image.hex)
    expect(second.result).toMatchObject({
      manifestDigest: first.result.manifestDigest,
      changed: false,
      bytesUploaded: 0,
    })
  })

  test('a tag that has moved is not sealed with the id of another image', async () => {
    const layout = await layoutOfApp()
    const directory = temporaryDirectory()
    const manifestDigest = `sha256:${'0'.repeat(64)}`
    await expect(
      sealTo(`oci:${layout.directory}:t`, `oci:${directory}/layout:t`, { manifestDigest }),
    ).rejects.toThrow(expect.objectContaining({ code: 'ERR_OCI_REFERENCE_MISMATCH' }))
    await expect(openSource(`oci:${directory}/layout:t`)).rejects.toThrow()
  })

  test('a target without manifests is refused', async () => {
    const layout = await layoutOfApp()
    await expect(
      sealTo(`oci:${layout.directory}:t`, `docker-archive:${temporaryDirectory()}/app.tar:app:1`),
    ).rejects.toThrow(expect.objectContaining({ code: 'ERR_OCI_UNSUPPORTED_TARGET' }))
  })
})
