import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { linuxSocketPairs } from '@composefs/linux'
import type { RegistryOptions } from '@composefs/registry'
import {
  missingPrograms,
  registryUnavailable,
  runProgram,
  startRegistry,
} from '@composefs/test-fixtures/registry'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openSkopeo, openSource, pull } from '../src/index.ts'
import { archivedImage, contents, sha256 } from './docker-archive-builder.ts'
import { CONFIG, LAYER, LayoutBuilder, tarOf, temporaryDirectory } from './layout-builder.ts'
import { withoutLeaks } from './leaks.ts'
import { temporaryRepository } from './temporary-repository.ts'

const noSkopeo = missingPrograms('skopeo')
const noRegistry = registryUnavailable()
const isRoot = process.getuid?.() === 0
const because = (reason: string | undefined) => (reason === undefined ? '' : ` (${reason})`)

const skopeo = { sockets: linuxSocketPairs }

/** An image with two packed layers in a layout, and its digests. */
async function packedLayout(): Promise<{ reference: string; manifest: string; blobs: string[] }> {
  const tars = [
    await tarOf([['usr/bin/sh', 'x'.repeat(5000)]]),
    await tarOf([['usr/bin/app', Buffer.alloc(3_000_000, 'some of it is not the same')]]),
  ]
  const layout = new LayoutBuilder()
  const config = layout.blob(archivedImage(tars).config, CONFIG)
  const layers = tars.map(tar => layout.blob(gzipSync(tar), `${LAYER}+gzip`))
  const manifest = layout.manifest(config, layers)
  layout.finish({ t: manifest })
  const blobs = [config, ...layers].map(({ digest }) => digest)
  return { reference: `oci:${layout.directory}:t`, manifest: manifest.digest, blobs }
}

function copy(...args: string[]): void {
  runProgram('skopeo', ['--insecure-policy', 'copy', '--quiet', ...args])
}

/** Manifest and blobs as they come through skopeo; nothing is left open. */
function readThrough(reference: string, registry: RegistryOptions = {}) {
  return withoutLeaks(async () => {
    await using source = await openSkopeo(reference, { skopeo, registry })
    const { digest, bytes } = await source.manifest()
    return { manifest: digest, bytes, blobs: await contents(source), isLocal: source.isLocal }
  })
}

describe.skipIf(noSkopeo)(`through the real skopeo${because(noSkopeo)}`, () => {
  test('a layout', async () => {
    const { reference, manifest, blobs } = await packedLayout()
    expect(await readThrough(reference)).toMatchObject({ manifest, blobs, isLocal: true })
  })

  test('a directory of OCI form', async () => {
    const { reference, manifest, blobs } = await packedLayout()
    const directory = `dir:${temporaryDirectory()}/image`
    copy(reference, directory)
    expect(await readThrough(directory)).toMatchObject({ manifest, blobs, isLocal: true })
  })

  test('a directory of Docker form keeps its manifest', async () => {
    const { reference, blobs } = await packedLayout()
    const path = join(temporaryDirectory(), 'image')
    copy('--format', 'v2s2', reference, `dir:${path}`)
    const read = await readThrough(`dir:${path}`)
    expect(read.blobs).toEqual(blobs)
    expect(JSON.parse(Buffer.from(read.bytes).toString())).toMatchObject({
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    })
    // The same, converted by skopeo: the original was changed after it was opened.
    await using source = await openSkopeo(`dir:${path}`, { skopeo })
    const repository = await temporaryRepository()
    const { manifestDigest, dockerManifestDigest } = await pull(repository, source)
    expect(dockerManifestDigest).toBe(read.manifest)
    writeFileSync(join(path, 'manifest.json'), `${Buffer.from(read.bytes)}\n`)
    const converted = await source.manifest()
    expect(converted.digest).toBe(manifestDigest)
    expect(converted.mediaType).toBe('application/vnd.oci.image.manifest.v1+json')
  })

  test('an image that is not there', async () => {
    await expect(readThrough('dir:/nowhere')).rejects.toMatchObject({
      code: 'ERR_OCI_SKOPEO_REFUSED',
      message: expect.stringMatching(/\/nowhere.*no such file/),
    })
  })

  test('a blob that was changed', async () => {
    const { reference, blobs } = await packedLayout()
    const path = join(temporaryDirectory(), 'image')
    copy(reference, `dir:${path}`)
    const layer = String(blobs[2]).slice('sha256:'.length)
    const changed = Buffer.from(gzipSync(Buffer.alloc(3_000_000)))
    writeFileSync(join(path, layer), changed)
    await expect(readThrough(`dir:${path}`)).rejects.toMatchObject({
      code: 'ERR_OCI_SIZE_MISMATCH',
    })
  })

  test('all sources of an image make the same image', async () => {
    const { reference } = await packedLayout()
    const work = temporaryDirectory()
    const copies = [
      `dir:${work}/dir`,
      `docker-archive:${work}/docker.tar`,
      `oci-archive:${work}/oci.tar`,
    ]
    for (const each of copies) copy(reference, each)
    const repository = await temporaryRepository()
    const first = await pull(repository, reference)
    for (const each of copies) {
      for (const via of [undefined, 'skopeo'] as const) {
        const { composefsErofs } = await pull(repository, each, { skopeo, via })
        expect(composefsErofs?.hex).toBe(first.composefsErofs?.hex)
      }
    }
  })
})

describe.skipIf(noSkopeo || !isRoot)(
  `the storage of containers${because(noSkopeo ?? (isRoot ? undefined : 'needs root'))}`,
  () => {
    test('gives the tars of layers, under the manifest that was stored', async () => {
      const { reference } = await packedLayout()
      const work = temporaryDirectory()
      const configuration = join(work, 'storage.conf')
      const places = ['runroot', 'graphroot'].map(name => `${name} = "${work}/${name}"`)
      writeFileSync(configuration, ['[storage]', 'driver = "vfs"', ...places, ''].join('\n'))
      const env = { ...process.env, CONTAINERS_STORAGE_CONF: configuration }
      process.env.CONTAINERS_STORAGE_CONF = configuration
      onTestFinished(() => void delete process.env.CONTAINERS_STORAGE_CONF)
      copy(reference, 'containers-storage:test/image:1')
      const repository = await temporaryRepository()
      const plain = await pull(await temporaryRepository(), reference)
      const notices: string[] = []
      const stored = await withoutLeaks(() =>
        pull(repository, 'containers-storage:test/image:1', {
          skopeo,
          registry: { env },
          keepBlobs: true,
          onNotice: ({ message }) => notices.push(message),
        }),
      )
      expect(stored.manifestDigest).toBe(plain.manifestDigest)
      expect(stored.composefsErofs?.hex).toBe(plain.composefsErofs?.hex)
      expect(stored.layers.map(({ isBlobKept }) => isBlobKept)).toEqual([false, false])
      expect(notices.join()).toMatch(/no blobs to keep/)
    })
  },
)

describe.skipIf(noSkopeo || noRegistry)(
  `a registry through the real skopeo${because(noSkopeo ?? noRegistry)}`,
  () => {
    test('without TLS', async () => {
      const registry = await startRegistry()
      onTestFinished(() => registry.stop())
      const { reference, manifest, blobs } = await packedLayout()
      const name = `docker://${registry.host}/a/b:1`
      copy('--dest-tls-verify=false', reference, name)
      expect(await readThrough(name, { tlsVerify: false })).toMatchObject({
        manifest,
        blobs,
        isLocal: false,
      })
      const options = { skopeo, registry: { tlsVerify: false } }
      await using ours = await openSource(name, options)
      await using theirs = await openSource(name, { ...options, via: 'skopeo' })
      expect((await ours.manifest()).digest).toBe((await theirs.manifest()).digest)
    })

    test('with TLS and a password, of which no command line tells', async () => {
      const registry = await startRegistry({ tls: true, htpasswd: { me: 'secret' } })
      onTestFinished(() => registry.stop())
      const { reference, manifest, blobs } = await packedLayout()
      const name = `docker://${registry.host}/a/b:1`
      copy('--dest-tls-verify=false', '--dest-creds=me:secret', reference, name)
      const certDir = temporaryDirectory()
      writeFileSync(join(certDir, 'ca.crt'), registry.certificates?.ca ?? '')
      const credentials = { username: 'me', password: 'secret' }
      expect(await readThrough(name, { certDir, credentials })).toMatchObject({ manifest, blobs })
      const wrong = { ...credentials, password: 'wrong' }
      for (const settings of [{ certDir, credentials: wrong }, { certDir }, { credentials }]) {
        await expect(readThrough(name, { ...settings, retries: 0 })).rejects.toMatchObject({
          code: 'ERR_OCI_SKOPEO_REFUSED',
          message: expect.stringMatching(/unauthorized|authentication required|certificate/),
        })
      }
    })

    test('the image of another platform', async () => {
      const registry = await startRegistry()
      onTestFinished(() => registry.stop())
      const layout = new LayoutBuilder()
      const tar = await tarOf([['usr/a', 'a']])
      // What is plain would be packed on its way to the registry.
      const layer = layout.blob(gzipSync(tar), `${LAYER}+gzip`)
      const [amd64, arm64] = ['amd64', 'arm64'].map(architecture => {
        const { config } = archivedImage([tar], { architecture })
        const platform = { os: 'linux', architecture }
        return layout.manifest(layout.blob(config, CONFIG), [layer], { platform })
      })
      layout.finish({ t: layout.index([amd64 ?? {}, arm64 ?? {}]) })
      const name = `docker://${registry.host}/a:1`
      copy('--all', '--dest-tls-verify=false', `oci:${layout.directory}:t`, name)
      const options = { skopeo, registry: { tlsVerify: false }, via: 'skopeo' } as const
      for (const [architecture, expected] of [
        ['amd64', amd64],
        ['arm64', arm64],
      ] as const) {
        await using source = await openSource(name, {
          ...options,
          platform: { os: 'linux', architecture },
        })
        const { digest, bytes } = await source.manifest()
        expect(digest).toBe(expected?.digest)
        expect(`sha256:${sha256(bytes)}`).toBe(digest)
      }
    })
  },
)
