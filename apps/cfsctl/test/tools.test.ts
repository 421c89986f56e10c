import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { bytesOf, runOurs, textOf } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'

interface ImageCase {
  readonly name: string
  readonly dump: string
  readonly algorithm: string
  readonly versions: Readonly<Record<string, { readonly verity_sha256: string } | null>>
  readonly default_version?: number
}

const vectors = join(vectorsDirectory, 'erofs')
const index = JSON.parse(readFileSync(join(vectors, 'index.json'), 'utf8')) as {
  cases: readonly ImageCase[]
}
const cases = index.cases.filter(
  ({ algorithm, versions }) => algorithm === 'sha256' && versions['0'] && versions['1'],
)

function digestOf({ versions }: ImageCase, version: number): string | undefined {
  return versions[String(version)]?.verity_sha256
}

function caseWith(defaultVersion: number): ImageCase {
  const found = cases.find(({ default_version: version }) => version === defaultVersion)
  if (found === undefined) throw new Error(`no case with default version ${defaultVersion}`)
  return found
}

describe('mkcomposefs', () => {
  const work = temporaryDirectory()
  const digest = (...args: string[]) =>
    textOf(runOurs(['mkcomposefs', '--print-digest-only', ...args]))

  test.each([
    [[], 1],
    [['--min-version=0'], 0],
    [['--min-version=1'], 1],
    [['--max-version=0'], 0],
    [['--max-version=1'], 1],
    [['--min-version=0', '--max-version=1'], 1],
    [['--min-version=1', '--max-version=0'], 1],
  ])('chooses for a tree with whiteouts as C does: %j gives version %i', (flags, version) => {
    const whiteouts = caseWith(1)
    expect(digest(...flags, '--from-file', join(vectors, whiteouts.dump))).toBe(
      digestOf(whiteouts, version),
    )
  })

  test('chooses version 0 for a tree without', () => {
    const plain = caseWith(0)
    expect(digest('--from-file', join(vectors, plain.dump))).toBe(digestOf(plain, 0))
  })

  test('names the file for which there is no room', () => {
    const dump = join(vectors, caseWith(0).dump)
    const { status, stderr } = runOurs(['mkcomposefs', '--from-file', dump, '/dev/full'])
    expect(status).toBe(1)
    expect(stderr).toContain('mkcomposefs: /dev/full: no space left on device')
  })

  test('reads standard input, writes a file or standard output, and reads it back', () => {
    const plain = caseWith(0)
    const input = readFileSync(join(vectors, plain.dump))
    const image = join(work, 'image')
    const printed = runOurs(['mkcomposefs', '--from-file', '--print-digest', '-', image], input)
    expect(textOf(printed)).toBe(digestOf(plain, 0))
    const output = bytesOf(runOurs(['mkcomposefs', '--from-file', '-', '-'], input))
    expect(output.equals(readFileSync(image))).toBe(true)
    const dump = bytesOf(runOurs(['composefs-info', 'dump', image]))
    const again = runOurs(['mkcomposefs', '--from-file', '--print-digest-only', '-'], dump)
    expect(textOf(again)).toBe(digestOf(plain, 0))
    expect(textOf(runOurs(['composefs-info', 'measure-file', image]))).toBe(digestOf(plain, 0))
  })

  test.each([
    [[], 'missing argument: SOURCE'],
    [['source'], 'missing argument: IMAGE'],
    [['--print-digest-only', 'source', 'image'], 'IMAGE must be omitted'],
    [
      ['--min-version=2', '--from-file', '/dev/null', 'image'],
      'cannot write file: Invalid argument',
    ],
    [['--threads=0', 'source', 'image'], '--threads'],
    [['--bogus', 'source', 'image'], '--bogus'],
    [['--print-digest-only', '/nowhere'], '/nowhere: no such file or directory'],
    [['--print-digest-only', '--from-file', '/dev/null'], 'mkcomposefs: '],
  ])('refuses %j with exit 1', (args, message) => {
    const { status, stdout, stderr } = runOurs(['mkcomposefs', ...args])
    expect([status, stdout.toString()]).toEqual([1, ''])
    expect(stderr).toMatch(/^mkcomposefs: /)
    expect(stderr).toContain(message)
  })

  test.each(['--help', '--version'])('answers %s', flag => {
    expect(textOf(runOurs(['mkcomposefs', flag]))).toMatch(/mkcomposefs/)
  })
})

describe('the tools on a directory', () => {
  const work = temporaryDirectory()
  const [root, store, image] = ['root', 'store', 'image'].map(name => join(work, name)) as [
    string,
    string,
    string,
  ]
  const info = (...args: string[]) => textOf(runOurs(['composefs-info', ...args]))

  beforeAll(() => {
    mkdirSync(join(root, 'usr/bin'), { recursive: true })
    mkdirSync(join(root, 'we ird'))
    writeFileSync(join(root, 'usr/bin/large'), Buffer.alloc(5000, 1))
    linkSync(join(root, 'usr/bin/large'), join(root, 'usr/bin/second'))
    writeFileSync(join(root, 'we ird/t\tab'), 'small')
    symlinkSync('usr/bin', join(root, 'bin'))
    textOf(runOurs(['mkcomposefs', `--digest-store=${store}`, root, image]))
  })

  test('the digest store holds large files by digest', () => {
    const [object = ''] = info('objects', image).split('\n')
    expect(readFileSync(join(store, object))).toEqual(Buffer.alloc(5000, 1))
    expect(readdirSync(store)).toEqual([object.slice(0, 2)])
  })

  test('ls', () => {
    const object = info('objects', image)
    expect(info('ls', image).split('\n')).toEqual([
      '/bin\t-> usr/bin',
      '/usr/\t',
      '/usr/bin/\t',
      `/usr/bin/large\t@ ${object}`,
      `/usr/bin/second\t@ ${object}`,
      '/we ird/\t',
      '/we ird/t\\tab',
    ])
    expect(info('--filter=bin', 'ls', image)).toBe('/bin\t-> usr/bin')
    expect(info('ls', image, '--filter', 'we ird')).toBe('/we ird/\t\n/we ird/t\\tab')
  })

  test('hard links of a directory are kept only if asked for', () => {
    const links = (dump: string) => dump.split('\n').filter(line => line.includes(' @120000 '))
    expect(links(info('dump', image))).toEqual([])
    const kept = join(work, 'kept')
    textOf(runOurs(['mkcomposefs', '--hardlinks', root, kept]))
    expect(links(info('dump', kept))).toHaveLength(1)
  })

  test('missing-objects', () => {
    expect(info(`--basedir=${store}`, 'missing-objects', image)).toBe('')
    expect(info('missing-objects', '--basedir', work, image, image)).toBe(info('objects', image))
    expect(info('missing-objects', image)).toBe(info('objects', image))
  })

  test('measure-file gives the names that objects have', () => {
    const hex = info('measure-file', join(root, 'usr/bin/large'))
    expect(`${hex.slice(0, 2)}/${hex.slice(2)}`).toBe(info('objects', image))
  })

  test.each([
    [['ls'], 'missing argument: FILES'],
    [['bogus'], "unrecognized command 'bogus'"],
    [['ls', '--filter=a/b', 'image'], 'a/b'],
    [['ls', '/dev/null'], '/dev/null is no composefs image'],
    [['ls', '/dev/zero'], '/dev/zero has more than 1073741824 bytes'],
    [['ls', '/nowhere'], '/nowhere: no such file or directory'],
  ])('composefs-info refuses %j with exit 1', (args, message) => {
    const { status, stderr } = runOurs(['composefs-info', ...args])
    expect(status).toBe(1)
    expect(stderr).toContain(`composefs-info: `)
    expect(stderr).toContain(message)
  })
})
