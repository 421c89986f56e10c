import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  buildTar,
  debianRootfs,
  type LayoutFacts,
  splitTar,
  writeLayout,
} from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { runOurs, textOf } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'

interface Id {
  readonly algorithm: string
  readonly erofs_version: number
  readonly bootable: boolean
  readonly xattrs: string
  readonly image_id: string
}
interface Image {
  readonly manifest_digest: string | null
  readonly ids: readonly Id[]
  readonly config_digest: string | null
  readonly docker_manifest_digest: string | null
  readonly platform: string | null
}
interface Document extends Image {
  readonly schema: string
  readonly image_ref: string
  readonly images: readonly Image[]
}

const digestsOf = (...args: string[]): Document =>
  JSON.parse(textOf(runOurs(['--json', 'oci', 'digests', ...args]))) as Document

const hexes = (image: Image | undefined) => (image?.ids ?? []).map(({ image_id }) => image_id)

/** The ids of pulls into repositories of both hashes, in both formats. */
function pulledIds(reference: string, work: string): string[] {
  return ['sha256', 'sha512'].flatMap(hash => {
    const repository = join(work, `pulled-${hash}`)
    textOf(runOurs(['init', '--insecure', '--algorithm', `fsverity-${hash}-12`, repository]))
    return ['1', '2'].map(version => {
      const globals = ['-q', '--repo', repository, '--erofs-version', version]
      const pulled = textOf(runOurs([...globals, 'oci', 'pull', reference, 'image']))
      return /^image +([0-9a-f]+)$/m.exec(pulled)?.[1] ?? ''
    })
  })
}

describe('oci digests', () => {
  const work = temporaryDirectory()
  let layout: LayoutFacts
  let reference: string

  beforeAll(async () => {
    const usr = { name: 'usr', type: 'directory' } as const
    const tars = [
      await buildTar([usr, { name: 'usr/large', content: 'x'.repeat(5000) }]),
      await buildTar([{ name: 'usr/second', content: 'y'.repeat(100), xattrs: { 'user.a': 'b' } }]),
    ]
    layout = writeLayout(join(work, 'layout'), {
      tag: 'app:1',
      layers: tars.map((tar, index) => ({ tar, compression: index === 0 ? 'gzip' : 'zstd' })),
    })
    reference = `oci:${layout.directory}:app:1`
  })

  test('has the ids that pulls give, in a document', () => {
    const document = digestsOf(reference)
    expect(Object.keys(document).slice(0, 4)).toEqual([
      'schema',
      'image_ref',
      'manifest_digest',
      'ids',
    ])
    expect(document).toMatchObject({
      schema: 'cfsctl.oci-digests/1',
      image_ref: reference,
      manifest_digest: layout.manifestDigest,
      config_digest: layout.configDigest,
      docker_manifest_digest: null,
      images: [],
    })
    expect(document.ids.map(({ image_id: _, ...kind }) => kind)).toEqual(
      ['fsverity-sha256-12', 'fsverity-sha512-12'].flatMap(algorithm =>
        [1, 2].map(erofs_version => ({
          algorithm,
          erofs_version,
          bootable: false,
          xattrs: 'allowlist-only',
        })),
      ),
    )
    expect(hexes(document)).toEqual(pulledIds(reference, work))
  })

  test('as text has a line for each id', () => {
    const outcome = runOurs(['oci', 'digests', reference])
    const lines = textOf(outcome).split('\n')
    expect(lines.map(line => line.replaceAll(/[0-9a-f]{64,}/g, 'HEX'))).toEqual([
      `image_ref: ${reference}`,
      'manifest_digest: sha256:HEX',
      'ids:',
      ...['sha256', 'sha512'].flatMap(hash =>
        [1, 2].map(
          version =>
            `  algorithm: fsverity-${hash}-12, erofs_version: ${version}, bootable: false, xattrs: allowlist-only, image_id: HEX`,
        ),
      ),
      'config_digest: sha256:HEX',
      expect.stringMatching(/^platform: linux\//),
    ])
    expect(outcome.stderr).toMatch(/^digests oci:.*: 2 layers, /)
    expect(runOurs(['-q', 'oci', 'digests', reference]).stderr).toBe('')
  })

  test('computes what is asked for, with or without a repository', () => {
    const all = digestsOf(reference)
    const one = (...globals: string[]) =>
      JSON.parse(textOf(runOurs([...globals, '--json', 'oci', 'digests', reference]))) as Document
    expect(one('--hash', 'sha512').ids).toEqual(all.ids.slice(2))
    expect(one('--erofs-version', '2', '--hash=sha256').ids).toEqual(all.ids.slice(1, 2))
    expect(one('--no-repo')).toEqual(all)
    expect(one('--repo', join(work, 'nothing'))).toEqual(all)
    const kept = digestsOf('--xattrs', 'keep-user-xattrs', reference)
    expect(kept.ids.map(({ xattrs }) => xattrs)).toEqual(Array(4).fill('keep-user-xattrs'))
    expect(hexes(kept)).not.toEqual(hexes(all))
  })

  test('lists all platforms', () => {
    expect(digestsOf('--all-platforms', reference)).toMatchObject({
      manifest_digest: layout.manifestDigest,
      images: [{ manifest_digest: layout.manifestDigest }],
    })
    const index = `oci:${addPlatform(layout, join(work, 'layout'))}:both`
    const document = digestsOf('--all-platforms', index)
    expect(document).toMatchObject({ manifest_digest: null, ids: [], platform: null })
    expect(document.images.map(({ platform }) => platform)).toEqual([
      expect.stringMatching(/^linux\//),
      'linux/s390x',
    ])
    const [first, second] = document.images
    // The same layers make the same images.
    expect(hexes(first)).toEqual(hexes(digestsOf(reference)))
    expect(hexes(second)).toEqual(hexes(first))
    expect(second?.manifest_digest).not.toBe(first?.manifest_digest)
    const other = digestsOf('--platform', 'linux/s390x', index)
    expect(other.manifest_digest).toBe(second?.manifest_digest)
    expect(runOurs(['oci', 'digests', '--all-platforms', '--platform=a/b', index]).status).toBe(2)
  })

  test('tells what is wrong', () => {
    const missing = runOurs(['oci', 'digests', `oci:${layout.directory}:nope`])
    expect(missing.status).toBe(3)
    expect(missing.stderr).toMatch(/no image named nope/)
    expect(runOurs(['oci', 'digests', 'nope:x']).status).not.toBe(0)
  })
})

/** Names the image for one more platform in the layout: `both` is an index of the two. */
function addPlatform(layout: LayoutFacts, directory: string): string {
  const pathOf = (digest: string) => join(directory, 'blobs', ...digest.split(':'))
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
  const store = (value: object, mediaType: string) => {
    const bytes = Buffer.from(JSON.stringify(value))
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    writeFileSync(pathOf(digest), bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const index = read(join(directory, 'index.json'))
  const [entry] = index.manifests
  const manifest = read(pathOf(layout.manifestDigest))
  const config = { ...read(pathOf(layout.configDigest)), architecture: 's390x' }
  const other = store(
    { ...manifest, config: store(config, manifest.config.mediaType) },
    entry.mediaType,
  )
  const { annotations: _, ...own } = entry
  const both = store({ ...index, manifests: [own, other] }, index.mediaType)
  const named = { ...both, annotations: { 'org.opencontainers.image.ref.name': 'both' } }
  writeFileSync(
    join(directory, 'index.json'),
    JSON.stringify({ ...index, manifests: [entry, named] }),
  )
  return directory
}

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const digests = [
  process.execPath,
  '--conditions=composefs-source',
  '--no-warnings',
  main,
  '--json',
  'oci',
  'digests',
] as const

/** Runs something around `oci digests`. The cache of compiled code is Node's: it holds nothing of the image. */
function runWithin(words: readonly string[], reference: string): Document {
  const [command = '', ...args] = [...words, ...digests, reference]
  const env = { ...process.env, NODE_OPTIONS: '', NODE_DISABLE_COMPILE_CACHE: '1' }
  const { status, stdout, stderr, error } = spawnSync(command, args, { env, encoding: 'utf8' })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`exit ${status}: ${stderr}`)
  return JSON.parse(stdout) as Document
}

const hasStrace = spawnSync('strace', ['-V']).status === 0
const isRoot = process.getuid?.() === 0
const rootfs = debianRootfs()
const why = 'reason' in rootfs ? `: ${rootfs.reason}` : ''

/** Calls that make files or write to them by name. */
const CALLS =
  'openat,open,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,symlinkat,mknod,mknodat,truncate,memfd_create'

describe('oci digests, which keeps nothing', { timeout: 300_000 }, () => {
  const work = temporaryDirectory()
  let reference: string

  beforeAll(async () => {
    const tar = await buildTar([
      { name: 'usr', type: 'directory' },
      { name: 'usr/large', content: 'x'.repeat(500_000) },
    ])
    const { directory } = writeLayout(join(work, 'layout'), {
      tag: 'a',
      layers: [{ tar, compression: 'gzip' }],
    })
    reference = `oci:${directory}:a`
  })

  test.skipIf(!hasStrace)('opens no file for writing (needs strace)', () => {
    const trace = join(work, 'trace')
    const strace = ['strace', '-f', '-qq', '-o', trace, '-e', `trace=${CALLS}`]
    const { ids } = runWithin(strace, reference)
    expect(ids).toHaveLength(4)
    // What another thread interrupts has its flags in the first of its two lines.
    const writing = readFileSync(trace, 'utf8')
      .split('\n')
      .filter(line => line !== '' && !line.includes(' resumed>') && !/ = -1 /.test(line))
      .filter(line => !/ (?:open|openat)\(.*O_RDONLY/.test(line) || /O_CREAT|O_TRUNC/.test(line))
      // The name of the process, which is no file of the disk.
      .filter(line => !line.includes('"/proc/self/comm"'))
    expect(writing).toEqual([])
  })

  test.skipIf(!isRoot)('works where no file system can be written (needs root)', () => {
    const attempt = join(work, 'attempt')
    const readOnly = `mount -o remount,bind,ro / && ! touch ${attempt} 2>&- && exec "$@"`
    const { ids } = runWithin(['unshare', '-m', 'sh', '-c', readOnly, 'sh'], reference)
    expect(ids).toHaveLength(4)
  })

  test.skipIf('reason' in rootfs)(`has the ids of a pulled Debian image${why}`, () => {
    if ('reason' in rootfs) return
    const { directory } = writeLayout(join(work, 'debian'), {
      tag: 'deb',
      layers: splitTar(rootfs.tar, 4).map((tar, index) => ({
        tar,
        compression: (['plain', 'gzip', 'zstd', 'gzip-members'] as const)[index] ?? 'plain',
      })),
    })
    const debian = `oci:${directory}:deb`
    expect(hexes(digestsOf(debian))).toEqual(pulledIds(debian, work))
  })
})
