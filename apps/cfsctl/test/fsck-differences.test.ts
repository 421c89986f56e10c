import {
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fsverityDigest, SHA256 } from '@composefs/fsverity'
import { seededRandom } from '@composefs/test-fixtures'
import { describe, expect, test } from 'vitest'
import {
  type Difference,
  image,
  imageObject,
  layer,
  object,
  objectOf,
  otherImage,
  ourVerdict,
  peerVerdict,
  replaceByLink,
  type Spoil,
  spoiler,
} from './fsck-verdicts.ts'
import { peer } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'

const why = peer === undefined ? ': CFSCTL_PEER is not set' : ''

describe.skipIf(peer === undefined)(`fsck differs from that of the peer${why}`, () => {
  const spoiled = spoiler(temporaryDirectory())
  const missing = [
    `fsck: image-missing-object: images/${otherImage}: ${object.slice(8).replace('/', '')}`,
    `fsck: missing-object-ref: ${layer}: ${object.slice(8).replace('/', '')}`,
  ]
  /** Where we differ: what we find, what the peer finds, and why. The fifo it waits for is not among them. */
  test.each<readonly [string, Spoil, Difference]>([
    [
      'an object that is a directory: it cannot be opened, and what needs it misses it',
      at => {
        rmSync(at(object))
        mkdirSync(at(object))
      },
      {
        ours: [...missing, `fsck: object-open-failed: ${object}`],
        theirs: [`fsck: object-verity-failed: ${object}`],
      },
    ],
    [
      'an object that is a symlink: it would be read from anywhere',
      at => {
        renameSync(at(object), at('elsewhere'))
        symlinkSync('../../elsewhere', at(object))
      },
      { ours: [...missing, `fsck: object-open-failed: ${object}`], theirs: [] },
    ],
    [
      'a directory of objects that is a file: the check goes on',
      at => {
        rmSync(at('objects/3d'), { recursive: true })
        writeFileSync(at('objects/3d'), '')
      },
      {
        ours: [...missing, 'fsck: unexpected-file-type: objects/3d: RegularFile'],
        theirs: 'fails',
      },
    ],
    [
      'a directory of objects that is a symlink: not followed',
      at => {
        renameSync(at('objects/3d'), at('elsewhere'))
        symlinkSync('../elsewhere', at('objects/3d'))
      },
      { ours: [...missing, 'fsck: unexpected-file-type: objects/3d: Symlink'], theirs: [] },
    ],
    [
      'streams that are a file: the check goes on',
      at => {
        rmSync(at('streams'), { recursive: true })
        writeFileSync(at('streams'), '')
      },
      { ours: ['fsck: unexpected-file-type: streams: RegularFile'], theirs: 'fails' },
    ],
    [
      'a stream by an absolute path: the link breaks when the repository moves',
      at => symlinkSync(at(objectOf(at(layer))), at('streams/absolute')),
      { ours: ['fsck: stream-open-failed: streams/absolute'], theirs: [] },
    ],
    [
      'an image with the id of another: who mounts it by its id gets the other',
      at => replaceByLink(at(`images/${image}`), readlinkSync(at(`images/${otherImage}`))),
      { ours: [`fsck: image-open-failed: images/${image}`], theirs: [] },
    ],
    [
      'an image that leads out of the repository: not read',
      at => replaceByLink(at(`images/${image}`), '/etc/passwd'),
      {
        ours: [`fsck: image-open-failed: images/${image}`],
        theirs: [`fsck: image-invalid: images/${image}`],
      },
    ],
    [
      'refs that lead out of the repository: they keep nothing',
      at => {
        symlinkSync('/etc/passwd', at('streams/refs/outside'))
        symlinkSync('..', at('streams/refs/up'))
      },
      {
        ours: [
          'fsck: broken-symlink: streams/refs/outside: points to "/etc/passwd", no ref\'s target',
          'fsck: broken-symlink: streams/refs/up: points to "..", no ref\'s target',
        ],
        theirs: [],
      },
    ],
    [
      'refs that are a file: the check goes on',
      at => {
        rmSync(at('streams/refs'), { recursive: true })
        writeFileSync(at('streams/refs'), '')
      },
      { ours: ['fsck: unexpected-file-type: streams/refs: RegularFile'], theirs: 'fails' },
    ],
  ])('differs on %s', async (_, spoil, { ours, theirs }) => {
    const path = spoiled(spoil)
    expect((await ourVerdict(path)).findings).toEqual(ours)
    const verdict = peerVerdict(path)
    expect(verdict === 'fails' ? verdict : verdict.findings).toEqual(theirs)
  })

  test('in no changed image that the peer refuses: ours sees all that it sees', async () => {
    const { below } = seededRandom(15)
    const path = spoiled(() => {})
    const bytes = readFileSync(join(path, imageObject))
    const weaker: string[] = []
    for (let i = 0; i < 40; i++) {
      const [at, mask] = [below(bytes.length), 1 << below(8)]
      const changed = Buffer.from(bytes)
      changed.writeUInt8(changed.readUInt8(at) ^ mask, at)
      const { hex, objectPath } = fsverityDigest(changed, { algorithm: SHA256 })
      const [file, link] = [join(path, `objects/${objectPath}`), join(path, `images/${hex}`)]
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, changed)
      symlinkSync(`../objects/${objectPath}`, link)
      const [ours, theirs] = [await ourVerdict(path), peerVerdict(path)]
      const isSound = ours.findings.length === 0
      if (isSound && (theirs === 'fails' || theirs.findings.length > 0)) {
        weaker.push(`byte ${at}, mask ${mask}`)
      }
      for (const made of [link, file]) rmSync(made)
    }
    expect(weaker).toEqual([])
  })
})
