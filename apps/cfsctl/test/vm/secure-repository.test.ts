import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Digest, SHA256 } from '@composefs/fsverity'
import { linuxSystem, mountAt, unmountComposefs } from '@composefs/linux'
import { buildTar, writeLayout } from '@composefs/test-fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Outcome, runOurs, textOf } from '../programs.ts'

const why = whyNoVerity()
const hasOverlayVerity = isKernel(6, 6)

/** More than an image keeps inside. */
const APP = 'program '.repeat(1000)
const LIBRARY = 'library '.repeat(100)

describe.skipIf(why !== undefined)(`a repository with fs-verity${why ? ` (${why})` : ''}`, () => {
  let work: string
  let repository: string
  let target: string
  const ours = (...args: string[]) => runOurs(['--repo', repository, ...args])

  beforeAll(async () => {
    work = realpathSync(mkdtempSync(join(tmpdir(), 'composefs-secure-')))
    repository = join(work, 'repository')
    target = join(work, 'target')
    mkdirSync(target)
    const layout = writeLayout(join(work, 'layout'), {
      tag: 'app',
      layers: [
        {
          compression: 'gzip',
          tar: await buildTar([
            { name: 'usr', type: 'directory' },
            { name: 'usr/app', content: APP, mode: 0o755 },
            { name: 'usr/version', content: '1' },
          ]),
        },
        {
          compression: 'zstd',
          tar: await buildTar([
            { name: 'usr/library', content: LIBRARY },
            { name: 'usr/version', content: '2' },
          ]),
        },
      ],
    })
    textOf(runOurs(['init', '--algorithm', 'fsverity-sha256-12', repository]))
    textOf(ours('oci', 'pull', `oci:${layout.directory}:app`, 'app'))
    textOf(ours('oci', 'seal', 'app'))
  })
  afterAll(() => {
    unmount()
    rmSync(work, { recursive: true })
  })

  function unmount(): void {
    if (mountAt(target) !== undefined) unmountComposefs(target)
  }

  test('has the kernel vouch for meta.json and for every object', () => {
    expect(measure(join(repository, 'meta.json'))).toHaveLength(64)
    const objects = objectPaths(join(repository, 'objects'))
    expect(objects.length).toBeGreaterThan(5)
    for (const path of objects) {
      expect(measure(join(repository, 'objects', path))).toBe(
        Digest.fromObjectPath(path, SHA256)?.hex,
      )
    }
  })

  test.skipIf(hasOverlayVerity)(
    'is not mounted by a kernel that cannot check it (before 6.6)',
    () => {
      expect(ours('oci', 'mount', 'app', target)).toMatchObject({ status: 5 })
      expect(mountAt(target)).toBeUndefined()
    },
  )

  describe.skipIf(!hasOverlayVerity)('when it is mounted (needs kernel 6.6)', () => {
    test('shows the files of the image', () => {
      const document = JSON.parse(textOf(ours('--json', 'oci', 'mount', 'app', target)))
      expect(document).toMatchObject({ mode: 'kernel', mountpoint: target, verity: 'require' })
      expect(readFileSync(join(target, 'usr/app'), 'utf8')).toBe(APP)
      expect(readFileSync(join(target, 'usr/library'), 'utf8')).toBe(LIBRARY)
      expect(readFileSync(join(target, 'usr/version'), 'utf8')).toBe('2')
      textOf(ours('umount', target))
      expect(mountAt(target)).toBeUndefined()
    })

    test.each<[string, () => readonly string[]]>([
      ['tag', () => ['oci', 'mount', 'app']],
      ['id', () => ['mount', imageId(repository)]],
    ])('by its %s refuses what was put in the place of a file', (_, command) => {
      const path = findObject(repository, APP)
      const original = join(work, 'original')
      writeFileSync(original, readFileSync(path))
      rmSync(path)
      writeFileSync(path, APP.replace('program', 'virus!!'))
      textOf(ours(...command(), target))
      expect(() => readFileSync(join(target, 'usr/app'))).toThrow(
        expect.objectContaining({ code: 'EIO' }),
      )
      expect(readFileSync(join(target, 'usr/library'), 'utf8')).toBe(LIBRARY)
      unmount()
      rmSync(path)
      writeFileSync(path, readFileSync(original))
      seal(path)
    })
  })

  test('does not mount another image than the one it was asked for', () => {
    const id = imageId(repository)
    const path = join(repository, 'objects', id.slice(0, 2), id.slice(2))
    const image = readFileSync(path)
    // The build time of the superblock: nothing that the kernel would stumble over.
    image.writeUInt8((image.at(1024 + 24) ?? 0) ^ 1, 1024 + 24)
    rmSync(path)
    writeFileSync(path, image)
    seal(path)
    for (const command of [
      ['mount', id],
      ['oci', 'mount', 'app'],
    ]) {
      const outcome: Outcome = ours(...command, target)
      expect(outcome).toMatchObject({ status: 4, stderr: expect.stringContaining('error: ') })
      expect(mountAt(target)).toBeUndefined()
    }
  })
})

/** The kernel's digest of a file in hex; undefined when it has none. */
function measure(path: string): string | undefined {
  const file = openSync(path, 'r')
  try {
    const measured = linuxSystem.measureVerity(file, SHA256)
    return measured.state === 'enabled' ? Buffer.from(measured.digest).toString('hex') : undefined
  } finally {
    closeSync(file)
  }
}

function seal(path: string): void {
  const file = openSync(path, 'r')
  expect(linuxSystem.enableVerity(file, SHA256)).toBe('enabled')
  closeSync(file)
}

function objectPaths(objects: string): string[] {
  return readdirSync(objects, { recursive: true, encoding: 'utf8' }).filter(path =>
    /^..\/./.test(path),
  )
}

function findObject(repository: string, content: string): string {
  const objects = join(repository, 'objects')
  const found = objectPaths(objects).find(
    path => readFileSync(join(objects, path), 'utf8') === content,
  )
  if (found === undefined) return expect.unreachable('no object has that content')
  return join(objects, found)
}

/** The one image that was made. */
function imageId(repository: string): string {
  const [id, ...others] = readdirSync(join(repository, 'images')).filter(name => name !== 'refs')
  expect(others).toEqual([])
  return id ?? expect.unreachable('no image')
}

function whyNoVerity(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root to mount'
  const directory = mkdtempSync(join(tmpdir(), 'composefs-ability-'))
  const path = join(directory, 'file')
  writeFileSync(path, '')
  const file = openSync(path, 'r')
  const { state } = linuxSystem.measureVerity(file, SHA256)
  closeSync(file)
  rmSync(directory, { recursive: true })
  return state === 'disabled' ? undefined : 'the temporary directory has no fs-verity'
}

function isKernel(major: number, minor: number): boolean {
  const release = existsSync('/proc/sys/kernel/osrelease')
    ? readFileSync('/proc/sys/kernel/osrelease', 'utf8')
    : ''
  const [, a, b] = /^(\d+)\.(\d+)/.exec(release) ?? []
  return Number(a) > major || (Number(a) === major && Number(b) >= minor)
}
