import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { buildTar } from '@composefs/test-fixtures'
import {
  type FaultProxy,
  imageDocuments,
  type LayerBlob,
  missingPrograms,
  registryUnavailable,
  runProgram,
  type StaticRegistry,
  startFaultProxy,
  startRegistry,
  startStaticRegistry,
  writeLargeLayer,
} from '@composefs/test-fixtures/registry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesOf, type Outcome, peer, runOurs, runPeer, textOf } from './programs.ts'
import { registryEnvironment } from './registry-environment.ts'
import { startOurs } from './running.ts'

const MIB = 1 << 20
const ALWAYS = Number.POSITIVE_INFINITY
const noSkopeo = missingPrograms('skopeo')

describe('a pull that gets no further', () => {
  const work = mkdtempSync(join(tmpdir(), 'cfsctl-stuck-'))
  const cleanups: (() => unknown)[] = [() => rmSync(work, { recursive: true, force: true })]
  const layer: LayerBlob = writeLargeLayer(join(work, 'layer'), { size: 4 * MIB, seed: 1 })
  let server: StaticRegistry
  let proxy: FaultProxy
  let environment: Readonly<Record<string, string>>

  beforeAll(async () => {
    server = await startStaticRegistry()
    cleanups.push(() => server.stop())
    serve('app', [layer])
    proxy = await startFaultProxy({ target: server.url })
    cleanups.push(() => proxy.stop())
    environment = registryEnvironment(work, [proxy.host])
  })
  afterAll(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup()
  })

  function serve(name: string, layers: readonly (LayerBlob & { bytes?: Uint8Array })[]): void {
    const image = imageDocuments(layers)
    const { manifest: bytes, manifestType: mediaType, manifestDigest: digest } = image
    server.serve(name, {
      manifests: new Map([['t', { bytes, mediaType, digest }]]),
      blobs: new Map<string, Uint8Array | string>([
        [image.configDigest, image.config],
        ...layers.map(({ digest, path, bytes }) => [digest, bytes ?? path] as const),
      ]),
    })
  }

  function newRepository(directory = work): string {
    const repository = mkdtempSync(join(directory, 'repository-'))
    bytesOf(runOurs(['--repo', repository, 'init', '--insecure']))
    return repository
  }

  const pull = (repository: string, ...words: string[]) => [
    ...['--repo', repository, '--json', 'oci', 'pull', ...words],
    ...[`docker://${proxy.host}/app:t`, 'app'],
  ]
  const quick = ['--idle-timeout', '1', '--retry', '1']

  /** The error document on standard error. */
  function errorOf({ stderr }: Outcome): Readonly<Record<string, unknown>> {
    const line = stderr.split('\n').find(text => text.startsWith('{"error"'))
    if (line === undefined) throw new Error(`no error in: ${stderr}`)
    return JSON.parse(line).error
  }

  /** No name leads to anything of the image. */
  function expectNothing(repository: string): void {
    expect(JSON.parse(textOf(runOurs(['--repo', repository, 'oci', 'images', '--json'])))).toEqual({
      images: [],
    })
    if (peer !== undefined) {
      expect(textOf(runPeer(['--repo', repository, 'fsck']))).toMatch(/status: ok/)
    }
  }

  const STALLS = [
    ['the manifest', '/manifests/', 0],
    ['a layer', layer.digest, 0],
    ['the middle of a layer', layer.digest, MIB],
  ] as const

  test.each(STALLS)('at %s of a registry that is silent', async (_, path, after) => {
    const repository = newRepository()
    proxy.reset([
      { path, fault: { kind: 'stall', after } },
      { path, times: ALWAYS, fault: { kind: 'stall', after: 0 } },
    ])
    const outcome = await startOurs(pull(repository, ...quick), environment).ended
    const error = errorOf(outcome)
    expect(error, String(error.message)).toMatchObject({ code: 'timeout', exit: 6 })
    expect(error.message).toContain(proxy.host)
    expect(error.hint).toEqual(expect.stringContaining('--idle-timeout'))
    expect(outcome.status).toBe(6)
    expectNothing(repository)
  })

  test.skipIf(noSkopeo !== undefined)(
    `at skopeo, whose registry is silent${noSkopeo === undefined ? '' : `: ${noSkopeo}`}`,
    async () => {
      const repository = newRepository()
      proxy.reset([{ path: layer.digest, times: ALWAYS, fault: { kind: 'stall', after: MIB } }])
      const words = pull(repository, '--via', 'skopeo', ...quick)
      const outcome = await startOurs(words, environment).ended
      expect(errorOf(outcome)).toMatchObject({ code: 'timeout', exit: 6 })
      expect(outcome.status).toBe(6)
      expectNothing(repository)
    },
  )

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('until %s', async (signal, status) => {
    const repository = newRepository()
    proxy.reset([{ path: layer.digest, times: ALWAYS, fault: { kind: 'stall', after: MIB } }])
    const running = startOurs(pull(repository), environment)
    await running.until(() => proxy.sentBytes(layer.digest) >= MIB)
    running.child.kill(signal)
    expect((await running.ended).status).toBe(status)
    expectNothing(repository)

    proxy.reset()
    bytesOf(await startOurs(pull(repository), environment).ended)
  })

  describe.skipIf(registryUnavailable() !== undefined)(
    `at a token server${registryUnavailable() === undefined ? '' : `: ${registryUnavailable()}`}`,
    () => {
      test('that is silent', async () => {
        const registry = await startRegistry({ token: { stalled: true } })
        cleanups.push(() => registry.stop())
        const repository = newRepository()
        const own = registryEnvironment(mkdtempSync(join(work, 'token-')), [registry.host])
        const words = ['--repo', repository, '--json', 'oci', 'pull', ...quick]
        const outcome = await startOurs([...words, `docker://${registry.host}/app:t`], own).ended
        const error = errorOf(outcome)
        expect(error, String(error.message)).toMatchObject({ code: 'timeout', exit: 6 })
        expect(error.message).toContain(registry.tokenServer?.host)
        expectNothing(repository)
      })
    },
  )

  const noMount = process.getuid?.() === 0 ? '' : ': needs root to mount a small file system'
  describe.skipIf(noMount !== '')(`at a full disk${noMount}`, () => {
    const disk = join(work, 'disk')
    beforeAll(() => {
      mkdirSync(disk)
      runProgram('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'composefs-test', disk])
      cleanups.push(() => runProgram('umount', [disk]))
    })

    /** A layer of zeros: nothing to fetch, much to store. */
    async function zeros(size: number): Promise<LayerBlob & { bytes: Uint8Array }> {
      const tar = await buildTar([
        { name: 'usr/', type: 'directory' },
        { name: 'usr/zeros', content: new Uint8Array(size) },
      ])
      const bytes = gzipSync(tar)
      const sha256 = (data: Uint8Array) =>
        `sha256:${createHash('sha256').update(data).digest('hex')}`
      return {
        path: '',
        bytes,
        digest: sha256(bytes),
        diffId: sha256(tar),
        size: bytes.length,
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      }
    }

    test('that is seen before', async () => {
      const large = writeLargeLayer(join(work, 'large'), { size: 100 * MIB, seed: 2 })
      serve('app', [large])
      const repository = newRepository(disk)
      proxy.reset()
      const outcome = await startOurs(pull(repository), environment).ended
      const error = errorOf(outcome)
      expect(error, String(error.message)).toMatchObject({ code: 'no-space', exit: 1 })
      expect(`${error.message}`).toContain(disk)
      expect(proxy.sentBytes(large.digest)).toBe(0)
      expectNothing(repository)
      rmSync(repository, { recursive: true })
    })

    test('that nobody could foresee', async () => {
      serve('app', [layer, await zeros(100 * MIB)])
      const repository = newRepository(disk)
      proxy.reset()
      const outcome = await startOurs(pull(repository), environment).ended
      const error = errorOf(outcome)
      expect(error, String(error.message)).toMatchObject({ code: 'no-space', exit: 1 })
      expect(error.hint).toEqual(expect.any(String))
      // What could not be finished takes no room any more.
      const { bfree, bsize } = statfsSync(disk)
      expect(bfree * bsize).toBeGreaterThan(40 * MIB - 5 * MIB)
      expectNothing(repository)
    })
  })
})
