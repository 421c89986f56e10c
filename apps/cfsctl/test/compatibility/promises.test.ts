import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { bytesOf, peer, runOurs, runPeer, textOf } from '../programs.ts'
import { makeSmallRepository, type SmallRepository } from '../small-repository.ts'
import { temporaryDirectory } from '../temporary.ts'

const why = peer === undefined ? ': CFSCTL_PEER is not set' : ''

/** A whiteout, by which the two formats of mkcomposefs differ. */
const WHITEOUT_DUMP = ['/ 0 40755 2 0 0 0 0.0 - - -', '/gone 0 20000 1 0 0 0 0.0 - - -', ''].join(
  '\n',
)

const DUMP_TAIL = '0 0 0 0.0'
/** A hard link, as cfsctl spells it and as the program in C does. */
const HARD_LINKS = {
  cfsctl: '/b 0 @120000 - - - - 0.0 /a - -',
  c: `/b 3 @100644 2 ${DUMP_TAIL} /a - -`,
} as const

describe('scripts that were made for the programs in C and for cfsctl', {
  timeout: 300_000,
}, () => {
  const work = temporaryDirectory()
  let small: SmallRepository
  beforeAll(async () => {
    small = await makeSmallRepository(work, 'fsverity-sha512-12')
  }, 600_000)
  const ours = (...args: string[]) => textOf(runOurs(['-q', '--repo', small.path, ...args]))

  test.each(Object.entries(HARD_LINKS))('hard links of dumps as %s spells them', (name, link) => {
    const file = `/a 3 100644 2 ${DUMP_TAIL} - abc -`
    const dump = [`/ 0 40755 2 ${DUMP_TAIL} - - -`, file, link, ''].join('\n')
    const image = join(work, `${name}.erofs`)
    bytesOf(runOurs(['mkcomposefs', '--from-file', '-', image], Buffer.from(dump)))
    const back = textOf(runOurs(['composefs-info', 'dump', image]))
    expect(back.split('\n').slice(1)).toEqual([file, HARD_LINKS.cfsctl])
  })

  // Either option alone sets the other to 0, and a maximum below the minimum counts for nothing.
  test.each([
    [[], 1],
    [['--max-version=0'], 0],
    [['--max-version=1'], 1],
    [['--min-version=0'], 0],
    [['--min-version=1'], 1],
    [['--min-version=0', '--max-version=1'], 1],
    [['--min-version=1', '--max-version=0'], 1],
  ] as const)('mkcomposefs %j of a tree with a whiteout makes version %i', (options, version) => {
    const make = (...words: string[]) =>
      textOf(
        runOurs(
          ['mkcomposefs', '--from-file', '--print-digest-only', ...words, '-'],
          Buffer.from(WHITEOUT_DUMP),
        ),
      )
    const exactly = [`--min-version=${version}`, `--max-version=${version}`]
    expect(make(...options)).toBe(make(...exactly))
    expect(make(...exactly)).not.toBe(
      make(`--min-version=${1 - version}`, `--max-version=${1 - version}`),
    )
  })

  test('mkcomposefs of a version that is none', () => {
    const input = Buffer.from(WHITEOUT_DUMP)
    const args = ['mkcomposefs', '--from-file', '--print-digest-only', '--min-version=2', '-']
    const { status, stderr } = runOurs(args, input)
    expect(status).toBe(1)
    expect(stderr).toMatch(/Invalid argument/i)
  })

  test('composefs-info takes its options on both sides of the command', () => {
    const image = join(work, 'image')
    writeFileSync(image, readFileSync(join(small.path, 'images', small.image)))
    const objects = join(small.path, 'objects')
    for (const [option, command] of [
      ['--filter=etc', 'ls'],
      ['--filter=usr', 'dump'],
      [`--basedir=${objects}`, 'missing-objects'],
    ] as const) {
      const [before, behind] = [
        [option, command, image],
        [command, option, image],
      ].map(words => textOf(runOurs(['composefs-info', ...words])))
      expect(before).toBe(behind)
    }
    expect(textOf(runOurs(['composefs-info', 'ls', '--filter=etc', image]))).toMatch(/^\/etc\//)
  })

  test('an id that one command prints is taken by the next', () => {
    const printed = ours('create-image', small.root)
    expect(printed).toMatch(/^sha512:[0-9a-f]{128}$/)
    const bare = printed.slice('sha512:'.length)
    expect(ours('image-objects', printed)).toBe(ours('image-objects', bare))
    expect(ours('dump-files', printed, '/etc/small')).toBe(ours('dump-files', bare, '/etc/small'))
    expect(ours('image', 'tag', printed, 'by-id')).toContain('as by-id')
    expect(JSON.parse(ours('--json', 'image', 'inspect', printed)).names).toContain('by-id')
    const object = ours('image-objects', printed).split('\n')[0] ?? ''
    expect(object).toMatch(/^sha512:/)
    const plain = `sha512:${small.plainImage}`
    expect(ours('oci', 'linked-erofs-images', plain)).toBe(
      ours('oci', 'linked-erofs-images', small.plainImage),
    )
    expect(ours('gc', '-n', '--root', bare)).toMatch(/^Dry run/)
  })

  const TAGS = [
    'a/b',
    'a/b:c',
    '100%',
    '%2F',
    'x@y',
    'registry.example:5000/a/b:1',
    'a@sha256:b',
    'ä',
  ]

  test.each(TAGS)('the tag %s', tag => {
    const digest = small.layout.manifestDigest
    expect(ours('oci', 'tag', digest, tag)).toBe(`Tagged ${digest} as ${tag}`)
    expect(ours('oci', 'inspect', '--manifest', tag)).toBe(
      ours('oci', 'inspect', '--manifest', `@${digest}`),
    )
    expect(ours('oci', 'images', '--format', 'plain')).toContain(`${tag}\t`)
    expect(ours('oci', 'untag', tag)).toBe(`Removed tag ${tag}`)
  })

  test.skipIf(peer === undefined).each(TAGS)(`the tag %s is the same to the peer${why}`, tag => {
    const digest = small.layout.manifestDigest
    ours('oci', 'tag', digest, tag)
    const theirs = ['--repo', small.path, 'oci', 'inspect', '--manifest', tag]
    expect(textOf(runPeer(theirs))).toBe(ours('oci', 'inspect', '--manifest', tag))
    textOf(runPeer(['--repo', small.path, 'oci', 'untag', tag]))
    expect(ours('oci', 'images', '--format', 'plain')).not.toContain(`${tag}\t`)
  })

  test('options stand before the command, behind it, and between', () => {
    const directory = join(work, 'order')
    mkdirSync(directory)
    const lines = [
      ['--repo', small.path, '--json', 'oci', 'images'],
      ['oci', '--repo', small.path, 'images', '--json'],
      ['oci', 'images', '--json', `--repo=${small.path}`],
    ]
    const texts = lines.map(line => textOf(runOurs(line)))
    expect(new Set(texts).size).toBe(1)
  })
})
