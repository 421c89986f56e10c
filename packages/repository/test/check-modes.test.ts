import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Algorithm } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import type { ZstdCodec } from '@composefs/splitstream'
import { nodeZstd } from '@composefs/splitstream/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type CheckReport,
  checkRepository,
  formatFinding,
  initRepository,
  openRepository,
  type Repository,
} from '../src/index.ts'
import { temporaryDirectory } from './directories.ts'
import { SimulatedSystem } from './simulated-system.ts'
import { unpackRepository } from './unpack-repository.ts'

async function open(path: string, system = new SimulatedSystem()): Promise<Repository> {
  const repository = await openRepository(path, { system })
  onTestFinished(() => repository.close())
  return repository
}

const lines = ({ findings }: CheckReport) => findings.map(formatFinding)

describe('in a secure repository', () => {
  async function secureRepository(): Promise<{ repository: Repository; system: SimulatedSystem }> {
    const path = join(temporaryDirectory(), 'secure')
    const system = new SimulatedSystem({ verity: true })
    await initRepository(path, { system })
    return { repository: await open(path, system), system }
  }

  test('objects are measured, not read', async () => {
    const { repository, system } = await secureRepository()
    repository.objects.put(Buffer.from('content'))
    const fail = () => {
      throw new Error('it reads')
    }
    const blocks = (algorithm: Algorithm) => ({ algorithm, hash: fail, hashBlocks: fail })
    const hashing = { ...nodeHashing, blocks }
    await using other = await openRepository(repository.path, { system, hashing })
    const report = await checkRepository(other)
    expect(report).toMatchObject({ ok: true, objectsChecked: 1 })
  })

  test('an object without fs-verity and one with the digest of another are found', async () => {
    const { repository, system } = await secureRepository()
    const { objects, layout } = repository
    const [plain, swapped, other] = ['a', 'b', 'c'].map(
      text => objects.put(Buffer.from(text)).digest,
    )
    if (plain === undefined || swapped === undefined || other === undefined) throw new Error()
    system.loseVerity(layout.object(plain))
    renameSync(layout.object(other), layout.object(swapped))
    const report = await checkRepository(repository)
    expect(new Set(lines(report))).toEqual(
      new Set([
        `fsck: object-verity-missing: objects/${plain.objectPath}`,
        `fsck: object-digest-mismatch: objects/${swapped.objectPath}: measured ${other.hex}`,
      ]),
    )
    expect(report.objectsCorrupted).toBe(2)
  })
})

describe('a repository without meta.json', () => {
  test('is checked as it is and stays so', async () => {
    const path = unpackRepository('legacy-old-headers')
    const before = readdirSync(path, { recursive: true }).sort()
    const report = await checkRepository(await open(path))
    expect(report).toMatchObject({ ok: true, metadata: 'absent' })
    expect(readdirSync(path, { recursive: true }).sort()).toEqual(before)
  })
})

describe('what is beside a repository', () => {
  const dayAgo = Date.now() / 1000 - 25 * 60 * 60

  test('is a warning where a killed writer left it, or where it does not belong', async () => {
    const path = unpackRepository('sha256-v1')
    const at = (name: string) => join(path, name)
    for (const name of ['objects/.tmp-object-oldoldoldold', 'objects/.tmp-object-newnewnewnew']) {
      writeFileSync(at(name), '')
    }
    utimesSync(at('objects/.tmp-object-oldoldoldold'), dayAgo, dayAgo)
    symlinkSync('nowhere', at('.symlink-newnewnewnew'))
    mkdirSync(at('objects/AB'))
    writeFileSync(at('notes.txt'), 'mine')
    const report = await checkRepository(await open(path))
    expect(report.ok).toBe(true)
    expect(report.warnings).toEqual([
      { kind: 'stray-temporary', path: 'objects/.tmp-object-oldoldoldold' },
      { kind: 'unknown-entry', path: 'objects/AB' },
    ])
  })
})

describe('links', () => {
  /** A repository of the vectors after `change`, and what a check finds in it. */
  async function findingsAfter(change: (at: (name: string) => string) => void): Promise<string[]> {
    const path = unpackRepository('sha256-v1')
    change(name => join(path, name))
    return lines(await checkRepository(await open(path)))
  }

  test('that lead out of the repository, or to no name of it, are found', async () => {
    const found = await findingsAfter(at => {
      symlinkSync('/etc/passwd', at('streams/outside'))
      symlinkSync('loop', at('streams/loop'))
      symlinkSync('/etc/passwd', at('streams/refs/outside'))
      symlinkSync('..', at('streams/refs/up'))
      mkdirSync(at('images/refs/deep'), { recursive: true })
      symlinkSync('../../nothing', at('images/refs/deep/dangling'))
    })
    expect(found).toEqual([
      'fsck: stat-failed: streams/loop: ELOOP: too many symbolic links encountered',
      'fsck: stream-open-failed: streams/outside: points to "/etc/passwd", no object',
      'fsck: broken-symlink: streams/refs/outside: points to "/etc/passwd", no ref\'s target',
      'fsck: broken-symlink: streams/refs/up: points to "..", no ref\'s target',
      'fsck: broken-symlink: images/refs/deep/dangling',
    ])
  })

  test('with the id of one image that lead to another are found', async () => {
    const found = await findingsAfter(at => {
      const [first = '', second = ''] = readdirSync(at('images')).filter(name => name !== 'refs')
      const text = readlinkSync(at(`images/${second}`))
      rmSync(at(`images/${first}`))
      symlinkSync(text, at(`images/${first}`))
    })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(
      /^fsck: image-open-failed: images\/[0-9a-f]+: the link is to [0-9a-f]+$/,
    )
  })

  test.each(['objects', 'streams', 'images', 'streams/refs'])(
    'in the place of the directory %s are found and not followed',
    async directory => {
      const elsewhere = join(temporaryDirectory(), 'elsewhere')
      const found = await findingsAfter(at => {
        renameSync(at(directory), elsewhere)
        symlinkSync(elsewhere, at(directory))
      })
      expect(found).toContain(`fsck: unexpected-file-type: ${directory}: Symlink`)
    },
  )
})

describe('what changes during a check', () => {
  test('a name that somebody removes is no finding', async () => {
    const path = unpackRepository('sha256-v1')
    const streams = join(path, 'streams')
    const last =
      readdirSync(streams)
        .filter(name => name.startsWith('oci-layer'))
        .at(-1) ?? ''
    const zstd: ZstdCodec = {
      ...nodeZstd,
      decompress(...args) {
        rmSync(join(streams, last), { force: true })
        return nodeZstd.decompress(...args)
      },
    }
    const before = await checkRepository(await open(path))
    const repository = await openRepository(path, { system: new SimulatedSystem(), zstd })
    onTestFinished(() => repository.close())
    const report = await checkRepository(repository)
    expect(report).toMatchObject({ ok: true, streamsChecked: before.streamsChecked - 1 })
  })
})

test('refs deeper than any path are a finding, and the check goes on', async () => {
  const path = unpackRepository('sha256-v1')
  const deep =
    "for (let i = 0; i < 20; i++) fs.mkdirSync('d'.repeat(250)), process.chdir('d'.repeat(250))"
  execFileSync(process.execPath, ['-e', deep], { cwd: join(path, 'streams/refs') })
  onTestFinished(() => void execFileSync('rm', ['-rf', join(path, 'streams')]))
  const report = await checkRepository(await open(path))
  expect(report.findings).toMatchObject([
    { kind: 'stat-failed', detail: 'ENAMETOOLONG: name too long' },
  ])
  expect(report.imagesChecked).toBe(3)
})

describe('hostile files', () => {
  /** Makes an object of that name, whatever its content, and a stream of it. */
  function plant(repository: Repository, write: (file: string) => void): string {
    const hex = 'ab'.repeat(32)
    mkdirSync(join(repository.layout.objects, 'ab'), { recursive: true })
    const file = join(repository.layout.objects, 'ab', hex.slice(2))
    write(file)
    symlinkSync(`../objects/ab/${hex.slice(2)}`, repository.layout.stream('hostile'))
    symlinkSync(`../objects/ab/${hex.slice(2)}`, repository.layout.image(hex))
    return hex
  }

  test('of a terabyte cost neither memory nor time where only names are checked', async () => {
    const repository = await open(unpackRepository('sha256-v1'))
    const hex = plant(repository, file => {
      writeFileSync(file, 'SplitStream')
      truncateSync(file, 2 ** 40)
    })
    const report = await checkRepository(repository, { metadataOnly: true })
    expect(lines(report).map(line => line.replace(/: [^:]*$/, ''))).toEqual([
      'fsck: stream-open-failed: streams/hostile',
      `fsck: image-open-failed: images/${hex}`,
    ])
  })
})

test('a check tells how it gets on and can be given up', async () => {
  const repository = await open(unpackRepository('sha256-v1'))
  const seen: number[] = []
  let total = 0
  const report = await checkRepository(repository, {
    onProgress(done, all) {
      seen.push(done)
      total = all
    },
  })
  expect(seen).toEqual(Array.from({ length: report.objectsChecked + 1 }, (_, i) => i))
  expect(total).toBe(report.objectsChecked)
  const controller = new AbortController()
  const given = checkRepository(repository, {
    onProgress: done => done === 3 && controller.abort(new Error('enough')),
    signal: controller.signal,
  })
  await expect(given).rejects.toThrow('enough')
})
