import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fsverityDigest, SHA256 } from '@composefs/fsverity'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { describe, expect, test } from 'vitest'
import {
  type Difference,
  imageObject,
  layer,
  manifest,
  object,
  objectOf,
  ourVerdict,
  peerVerdict,
  replaceByLink,
  type Spoil,
  spoiler,
  type Verdict,
} from './fsck-verdicts.ts'
import { peer } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'
import { unpack } from './unpack.ts'

const vectors = join(vectorsDirectory, 'repo')
const why = peer === undefined ? ': CFSCTL_PEER is not set' : ''

const invalidBytes = (path: string) => Buffer.concat([Buffer.from(path), Buffer.from([0xff])])

/** Streams that the peer and we see differently, as the page of the format tells. */
const STREAM_DIFFERENCES: Readonly<Record<string, Difference>> = {
  // It allocates what the stream claims and aborts.
  'info-huge.splitstream': { ours: ['fsck: stream-open-failed: streams/planted'], theirs: 'fails' },
  // Nobody writes a section of no bytes; for us it holds no names.
  'named-refs-zero-bytes.splitstream': {
    ours: [],
    theirs: ['fsck: stream-open-failed: streams/planted'],
  },
  // It cuts the range at the end of the file.
  'stream-range-past-eof.splitstream': {
    ours: ['fsck: stream-open-failed: streams/planted'],
    theirs: [],
  },
}

describe.skipIf(peer === undefined)(`fsck, ours against the peer${why}`, () => {
  const work = temporaryDirectory()
  const spoiled = spoiler(work)

  const repositories = readdirSync(join(vectors, 'repos')).filter(name => name.endsWith('.tar'))
  test.each(repositories)('agrees on %s', async archive => {
    const directory = join(work, 'vector')
    unpack(join(vectors, 'repos', archive), directory)
    const path = join(directory, archive.slice(0, -'.tar'.length))
    // Ours first: the peer makes a meta.json where there is none.
    const ours = await ourVerdict(path)
    expect(ours).toEqual({
      ...(peerVerdict(path) as Verdict),
      ...(archive.startsWith('legacy') ? { counts: ours.counts } : {}),
    })
  })

  test.each<readonly [string, Spoil]>([
    ['an object that changed', at => appendFileSync(at(object), 'x')],
    ['an empty object', at => truncateSync(at(object))],
    ['a missing object', at => rmSync(at(object))],
    ['an object that is a dangling symlink', at => replaceByLink(at(object), '/nowhere')],
    [
      'names that are no digests',
      at => {
        for (const name of ['aabb', 'a'.repeat(100), 'z'.repeat(62)]) {
          writeFileSync(at(`objects/3d/${name}`), '')
        }
        writeFileSync(invalidBytes(at('objects/3d/b')), '')
      },
    ],
    [
      'an object in upper case',
      at => renameSync(at(object), at(`objects/3d/${object.slice(11).toUpperCase()}`)),
    ],
    ['a directory of objects in upper case', at => renameSync(at('objects/3d'), at('objects/3D'))],
    [
      'unknown entries',
      at => {
        for (const name of ['objects/zz', 'objects/abc']) mkdirSync(at(name))
        for (const name of ['objects/f', '.symlink-abcdefghijkl', 'x']) writeFileSync(at(name), '')
      },
    ],
    ['no objects at all', at => rmSync(at('objects'), { recursive: true })],
    ['no streams', at => rmSync(at('streams'), { recursive: true })],
    ['no images', at => rmSync(at('images'), { recursive: true })],
    ['a stream whose object is missing', at => rmSync(at(objectOf(at(layer))))],
    ['a stream whose object is garbage', at => writeFileSync(at(objectOf(at(manifest))), 'x')],
    ['a stream that leads to no stream', at => replaceByLink(at(layer), `../${object}`)],
    ['a stream that leads out of the repository', at => replaceByLink(at(layer), '/etc/passwd')],
    ['a stream that leads to itself', at => symlinkSync('loop', at('streams/loop'))],
    [
      'a stream with a name that is not UTF-8',
      at => symlinkSync(`../${object}`, invalidBytes(at('streams/a'))),
    ],
    [
      'entries that are no symlinks',
      at => {
        mkdirSync(at('streams/directory'))
        writeFileSync(at('images/file'), '')
      },
    ],
    [
      'refs that lead nowhere',
      at => {
        mkdirSync(at('streams/refs/a/b'), { recursive: true })
        mkdirSync(at('images/refs/x'), { recursive: true })
        symlinkSync('../../../nothing', at('streams/refs/a/b/c'))
        symlinkSync('../../nothing', at('images/refs/x/y'))
        symlinkSync('../nothing', invalidBytes(at('streams/refs/n')))
      },
    ],
    [
      'refs of other kinds',
      at => {
        writeFileSync(at('streams/refs/file'), '')
        execFileSync('mkfifo', [at('streams/refs/fifo')])
      },
    ],
    ['an image that is cut', at => truncateSync(at(imageObject), 5000)],
    ['an image that is empty', at => truncateSync(at(imageObject))],
    ['an image that is missing', at => rmSync(at(imageObject))],
    ['an image that is no image', at => writeFileSync(at(imageObject), 'x'.repeat(5000))],
  ])('agrees on %s', async (_, spoil) => {
    const path = spoiled(spoil)
    expect(await ourVerdict(path)).toEqual(peerVerdict(path))
  })

  const streams = readdirSync(join(vectors, 'splitstreams')).filter(name =>
    name.endsWith('.splitstream'),
  )
  test.each(streams)('agrees on the stream %s, or differs for a reason', async name => {
    const path = spoiled(at => {
      for (const file of [name, 'object-5.bin', 'object-100.bin']) {
        const content = readFileSync(join(vectors, 'splitstreams', file))
        const { hex, objectPath } = fsverityDigest(content, { algorithm: SHA256 })
        mkdirSync(at(`objects/${hex.slice(0, 2)}`), { recursive: true })
        writeFileSync(at(`objects/${objectPath}`), content)
        if (file === name) symlinkSync(`../objects/${objectPath}`, at('streams/planted'))
      }
    })
    const verdicts = { ours: await ourVerdict(path), theirs: peerVerdict(path) }
    const difference = STREAM_DIFFERENCES[name]
    if (difference === undefined) return expect(verdicts.ours).toEqual(verdicts.theirs)
    expect(verdicts.ours.findings).toEqual(difference.ours)
    const { theirs } = verdicts
    expect(theirs === 'fails' ? theirs : theirs.findings).toEqual(difference.theirs)
  })
})
