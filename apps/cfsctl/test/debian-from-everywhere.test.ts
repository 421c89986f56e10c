import { createReadStream, createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import {
  debianRootfs,
  type LayerCompression,
  type LayoutFacts,
  splitTar,
  writeLayout,
} from '@composefs/test-fixtures'
import {
  missingPrograms,
  registryUnavailable,
  runProgram,
  startRegistry,
  type TestRegistry,
} from '@composefs/test-fixtures/registry'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { bytesOf, peer, runOurs, runPeer, textOf } from './programs.ts'
import { registryEnvironment } from './registry-environment.ts'

const rootfs = debianRootfs()
const reason =
  'reason' in rootfs ? rootfs.reason : (registryUnavailable() ?? missingPrograms('skopeo'))
const why = reason === undefined ? '' : `: ${reason}`
const noUmoci = missingPrograms('umoci')
const noBuildah =
  process.getuid?.() === 0 ? missingPrograms('buildah') : 'buildah needs root for its storage'

const SAME_WAY = 'it is asked in another form'
/** skopeo hands out plain layers and calls them gzip, as Docker's manifests do; the peer believes it. */
const NO_DOCKER_ARCHIVE = 'it cannot read the layers'

/** How an image got where it is pulled from. */
interface Form {
  readonly name: string
  /** What to pull. */
  reference(): string
  /** Words of the pull before the reference. */
  readonly words?: readonly string[]
  /** The manifest is the one that the image was made with, byte for byte. */
  readonly keepsManifest: boolean
  /** The manifest is that of another form. */
  readonly sameManifestAs?: string
  /** Why it cannot be made here. */
  readonly missing?: string | undefined
  /** Why the peer does not pull it. */
  readonly notByPeer?: string
}

describe.skipIf(reason !== undefined)(
  `a Debian image of four layers, from everywhere${why}`,
  { timeout: 300_000 },
  () => {
    const work = mkdtempSync(join(tmpdir(), 'cfsctl-everywhere-'))
    const path = (name: string) => join(work, name)
    const cleanups: (() => unknown)[] = [() => rmSync(work, { recursive: true, force: true })]
    let registry: TestRegistry
    let facts: LayoutFacts

    const FORMS: readonly Form[] = [
      { name: 'layout', reference: () => `oci:${facts.directory}:deb`, keepsManifest: true },
      {
        name: 'registry',
        reference: () => `docker://${registry.host}/deb:four`,
        keepsManifest: true,
      },
      {
        name: 'registry, by skopeo',
        reference: () => `docker://${registry.host}/deb:four`,
        words: ['--via', 'skopeo'],
        notByPeer: SAME_WAY,
        keepsManifest: true,
      },
      {
        name: 'oci-archive',
        notByPeer: SAME_WAY,
        reference: () => `oci-archive:${path('oci.tar')}:deb`,
        keepsManifest: true,
      },
      {
        name: 'oci-archive, gzip',
        reference: () => `oci-archive:${path('oci.tar.gz')}:deb`,
        keepsManifest: true,
      },
      {
        name: 'docker-archive, by skopeo',
        reference: () => `docker-archive:${path('docker.tar')}:deb:four`,
        words: ['--via', 'skopeo'],
        notByPeer: SAME_WAY,
        keepsManifest: false,
      },
      {
        name: 'docker-archive',
        notByPeer: NO_DOCKER_ARCHIVE,
        reference: () => `docker-archive:${path('docker.tar')}:deb:four`,
        keepsManifest: false,
        sameManifestAs: 'docker-archive, by skopeo',
      },
      {
        name: 'docker-archive, gzip',
        notByPeer: NO_DOCKER_ARCHIVE,
        reference: () => `docker-archive:${path('docker.tar.gz')}:deb:four`,
        keepsManifest: false,
        sameManifestAs: 'docker-archive, by skopeo',
      },
      { name: 'dir', reference: () => `dir:${path('dir')}`, keepsManifest: true },
      {
        name: 'layout that umoci wrote',
        reference: () => `oci:${path('umoci')}:labelled`,
        keepsManifest: false,
        missing: noUmoci,
      },
      {
        name: 'oci-archive of buildah',
        reference: () => `oci-archive:${path('buildah-oci.tar')}:deb`,
        keepsManifest: false,
        missing: noBuildah,
      },
      {
        name: 'docker-archive of buildah',
        notByPeer: NO_DOCKER_ARCHIVE,
        reference: () => `docker-archive:${path('buildah-docker.tar')}:deb:four`,
        keepsManifest: false,
        missing: noBuildah,
      },
    ]

    beforeAll(async () => {
      if ('reason' in rootfs) return
      const [a, b, c, d] = splitTar(rootfs.tar, 4)
      if (a === undefined || b === undefined || c === undefined || d === undefined)
        throw new Error('too few entries')
      const withThird = (compression: LayerCompression) =>
        writeLayout(path(compression), {
          tag: 'deb',
          layers: [
            { tar: a, compression: 'plain' },
            { tar: b, compression: 'gzip' },
            { tar: c, compression },
            { tar: d, compression: 'gzip-members' },
          ],
        })
      facts = withThird('zstd')
      // skopeo makes no Docker image of layers with zstd.
      const withoutZstd = `oci:${withThird('gzip').directory}:deb`
      registry = await startRegistry()
      cleanups.push(() => registry.stop())
      await registry.pusher.layout('deb', facts.directory, 'deb', 'four')
      // skopeo, buildah and both programs inherit it.
      for (const [name, value] of Object.entries(registryEnvironment(work, [registry.host]))) {
        vi.stubEnv(name, value)
      }
      cleanups.push(() => vi.unstubAllEnvs())

      const policy = path('policy.json')
      writeFileSync(policy, '{"default":[{"type":"insecureAcceptAnything"}]}')
      const skopeo = (...words: string[]) =>
        runProgram('skopeo', ['--policy', policy, 'copy', ...words])
      const source = `oci:${facts.directory}:deb`
      const keep = ['--preserve-digests', '--dest-oci-accept-uncompressed-layers']
      skopeo(...keep, source, `oci-archive:${path('oci.tar')}:deb`)
      skopeo(withoutZstd, `docker-archive:${path('docker.tar')}:deb:four`)
      skopeo('--preserve-digests', source, `dir:${path('dir')}`)
      for (const name of ['oci.tar', 'docker.tar']) {
        const packed = createWriteStream(path(`${name}.gz`))
        await pipeline(createReadStream(path(name)), createGzip({ level: 1 }), packed)
      }
      if (noUmoci === undefined) {
        skopeo(...keep, source, `oci:${path('umoci')}:deb`)
        const image = ['--image', `${path('umoci')}:deb`, '--tag', 'labelled']
        runProgram('umoci', ['config', ...image, '--config.label', 'made.by=umoci'])
      }
      if (noBuildah === undefined) {
        const storage = [
          '--storage-driver',
          'vfs',
          '--root',
          path('root'),
          '--runroot',
          path('run'),
        ]
        const buildah = (...words: string[]) => runProgram('buildah', [...storage, ...words])
        const rules = ['--signature-policy', policy]
        cleanups.push(() => buildah('rm', '--all'))
        buildah('from', ...rules, '--name', 'work', `docker://${registry.host}/deb:four`)
        buildah('config', '--label', 'made.by=buildah', 'work')
        buildah('commit', ...rules, '--omit-history', 'work', 'deb')
        buildah('push', ...rules, 'deb', `oci-archive:${path('buildah-oci.tar')}:deb`)
        buildah('push', ...rules, 'deb', `docker-archive:${path('buildah-docker.tar')}:deb:four`)
      }
    }, 300_000)
    afterAll(async () => {
      for (const cleanup of cleanups.reverse()) await cleanup()
    })

    /** What a pull into a fresh repository gives. */
    function pulled(run: typeof runOurs, form: Form): { imageId: string; manifest: string } {
      const repository = mkdtempSync(path('repository-'))
      const init = ['init', '--insecure', '--algorithm', 'fsverity-sha256-12', repository]
      bytesOf(run(init))
      const words = ['oci', 'pull', ...(form.words ?? []), form.reference(), 'deb']
      bytesOf(run(['--repo', repository, ...words]))
      const inspected = JSON.parse(textOf(run(['--repo', repository, 'oci', 'inspect', 'deb'])))
      const images = JSON.parse(textOf(run(['--repo', repository, 'oci', 'images', '--json'])))
      rmSync(repository, { recursive: true })
      return {
        imageId: inspected.composefs_erofs,
        manifest: images.images[0].manifest_digest,
      }
    }

    const results = new Map<string, ReturnType<typeof pulled>>()

    describe.each(FORMS)('$name', form => {
      const { missing } = form
      test.skipIf(missing !== undefined)(
        `ours${missing === undefined ? '' : `: ${missing}`}`,
        () => {
          const result = pulled(runOurs, form)
          results.set(form.name, result)
          expect(result.imageId).toMatch(/^[0-9a-f]{64}$/)
          expect(result.imageId).toBe(results.get('layout')?.imageId)
          if (form.keepsManifest) expect(result.manifest).toBe(facts.manifestDigest)
          if (form.sameManifestAs !== undefined) {
            expect(result.manifest).toBe(results.get(form.sameManifestAs)?.manifest)
          }
        },
      )

      const noPeer = peer === undefined ? 'CFSCTL_PEER is not set' : missing
      if (form.notByPeer !== undefined) return
      test.skipIf(noPeer !== undefined)(
        `the peer${noPeer === undefined ? '' : `: ${noPeer}`}`,
        () => {
          expect(pulled(runPeer, form)).toEqual(results.get(form.name))
        },
      )
    })
  },
)
