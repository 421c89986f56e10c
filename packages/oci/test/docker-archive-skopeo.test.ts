import { gzipSync, zstdCompressSync } from 'node:zlib'
import { linuxSocketPairs } from '@composefs/linux'
import { missingPrograms, runProgram } from '@composefs/test-fixtures/registry'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseManifest } from '../src/document/manifest.ts'
import { openDockerArchive, openSkopeo, openSource, pull } from '../src/index.ts'
import {
  type ArchivedImage,
  archivedImage,
  contents,
  listOf,
  sha256,
  writeArchive,
} from './docker-archive-builder.ts'
import { CONFIG, LAYER, LayoutBuilder, tarOf, temporaryDirectory } from './layout-builder.ts'
import { ociCode } from './oci-code.ts'
import { temporaryRepository } from './temporary-repository.ts'

const unavailable = missingPrograms('skopeo', 'xz')

let base: Buffer
let top: Buffer
let image: ArchivedImage
beforeAll(async () => {
  base = await tarOf([['usr/bin/sh', 'x'.repeat(5000)]])
  top = await tarOf([['usr/bin/app', 'y'.repeat(300_000)]])
  image = archivedImage([base, top])
})

describe.skipIf(unavailable)(
  `archives beside skopeo${unavailable ? ` (${unavailable})` : ''}`,
  () => {
    const skopeo = { sockets: linuxSocketPairs }

    /** Copies of one image in every form that skopeo writes. */
    async function copies(): Promise<{ layout: string; archive: string }> {
      const layout = new LayoutBuilder()
      const layers = [base, top].map(tar => layout.blob(tar, LAYER))
      layout.finish({ t: layout.manifest(layout.blob(image.config, CONFIG), layers) })
      const archive = `docker-archive:${temporaryDirectory()}/a.tar`
      runProgram('skopeo', [
        ...[
          '--insecure-policy',
          'copy',
          '--quiet',
          `oci:${layout.directory}:t`,
          `${archive}:b/c:1`,
        ],
      ])
      return { layout: `oci:${layout.directory}:t`, archive }
    }

    test('an archive of its own has the same manifest', async () => {
      const { archive } = await copies()
      await using ours = await openSource(archive)
      await using theirs = await openSkopeo(archive, { skopeo })
      const [mine, other] = [await ours.manifest(), await theirs.manifest()]
      expect(Buffer.from(mine.bytes).toString()).toBe(Buffer.from(other.bytes).toString())
      expect(await contents(ours)).toEqual(await contents(theirs))
    })

    test('an archive that is compressed and one with packed layers have the same manifest', async () => {
      // Skopeo cannot read what is compressed by gzip as a whole.
      for (const pack of [(tar: Buffer) => tar, zstdCompressSync]) {
        const path = await writeArchive(
          [
            ['base.tar', gzipSync(base)],
            ['top.tar', top],
            [image.configName, image.config],
            ['manifest.json', listOf(image, ['base.tar', 'top.tar'])],
          ],
          pack,
        )
        await using ours = await openDockerArchive(path)
        await using theirs = await openSkopeo(`docker-archive:${path}`, { skopeo })
        expect((await ours.manifest()).digest).toBe((await theirs.manifest()).digest)
      }
    })

    test('a config of Docker stays as it is, where skopeo writes it anew', async () => {
      const docker = archivedImage([base], { docker_version: '20.10.1', container: 'abc' })
      const path = await writeArchive([
        ['base.tar', base],
        [docker.configName, docker.config],
        ['manifest.json', listOf(docker, ['base.tar'])],
      ])
      await using ours = await openDockerArchive(path)
      await using theirs = await openSkopeo(`docker-archive:${path}`, { skopeo })
      const [mine, other] = [await ours.manifest(), await theirs.manifest()].map(({ bytes }) =>
        parseManifest(bytes),
      )
      expect(mine?.layers).toEqual(other?.layers)
      expect(mine?.config.digest).toBe(`sha256:${sha256(docker.config)}`)
      expect(mine?.config.digest).not.toBe(other?.config.digest)
      // Both can be read.
      await contents(ours)
      await contents(theirs)
    })

    test('all forms of an image make the same image', async () => {
      const { layout, archive } = await copies()
      const repository = await temporaryRepository()
      const [first, ...others] = await Promise.all(
        [layout, archive, `${archive}:b/c:1`].map(from => pull(repository, from)),
      )
      const viaSkopeo = await pull(repository, archive, { via: 'skopeo', skopeo })
      expect(viaSkopeo.manifestDigest).toBe(others[0]?.manifestDigest)
      for (const { composefsErofs } of [...others, viaSkopeo]) {
        expect(composefsErofs?.hex).toBe(first?.composefsErofs?.hex)
      }
    })

    test('a compression that is not read here is left to skopeo', async () => {
      const { archive } = await copies()
      const path = archive.slice('docker-archive:'.length)
      runProgram('xz', ['--keep', path])
      const packed = `docker-archive:${path}.xz`
      expect(await ociCode(() => openSource(packed))).toBe('ERR_OCI_COMPRESSION_UNSUPPORTED')
      await using ours = await openSource(archive)
      await using theirs = await openSource(packed, { skopeo })
      expect((await theirs.manifest()).digest).toBe((await ours.manifest()).digest)
    })
  },
)
