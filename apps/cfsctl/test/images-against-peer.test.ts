import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeImage } from '@composefs/erofs'
import { SHA256 } from '@composefs/fsverity'
import { generateDump } from '@composefs/test-fixtures'
import { parseDump } from '@composefs/tree'
import { afterAll, describe, expect, test } from 'vitest'
import { materialize } from './materialize.ts'
import { bytesOf, peer, runOurs, runPeer, textOf } from './programs.ts'

const why = peer === undefined ? ': CFSCTL_PEER is not set' : ''
const isRoot = process.getuid?.() === 0

describe.skipIf(peer === undefined)(`images of a large tree, ours against the peer${why}`, () => {
  const work = mkdtempSync(join(tmpdir(), 'composefs-images-'))
  const dump = Buffer.from(`${[...generateDump(100_000)].join('\n')}\n`)
  const dumpFile = join(work, 'tree.dump')
  writeFileSync(dumpFile, dump)
  afterAll(() => rmSync(work, { recursive: true, force: true }))

  test.each([0, 1])('mkcomposefs --from-file, 100,000 entries, version %i', version => {
    const range = [`--min-version=${version}`, `--max-version=${version}`]
    const [ours, theirs] = [join(work, `ours.v${version}`), join(work, `theirs.v${version}`)]
    const args = ['mkcomposefs', '--from-file', '--print-digest', ...range, dumpFile]
    expect(textOf(runOurs([...args, ours]))).toBe(textOf(runPeer([...args, theirs])))
    expect(sha256(readFileSync(ours))).toBe(sha256(readFileSync(theirs)))
    const back = textOf(runOurs(['composefs-info', 'dump', ours]))
    expect(sha256(Buffer.from(back))).toBe(
      sha256(Buffer.from(textOf(runPeer(['composefs-info', 'dump', theirs])))),
    )
  })

  test('version 2 through the library reads back as the same dump', () => {
    const tree = parseDump(dump, SHA256)
    const chunks: Uint8Array[] = []
    writeImage(tree, { version: 2, write: chunk => void chunks.push(chunk.slice()) })
    const image = join(work, 'library.v2')
    writeFileSync(image, Buffer.concat(chunks))
    expect(sha256(bytesOf(runOurs(['composefs-info', 'dump', image])))).toBe(
      sha256(bytesOf(runPeer(['composefs-info', 'dump', image]))),
    )
  })

  const needsRoot = isRoot ? '' : ': needs root to make devices and owners'
  test.skipIf(!isRoot)(
    `create-image of a directory of 8,000 entries, all versions${needsRoot}`,
    { timeout: 600_000 },
    () => {
      const directory = join(work, 'root')
      materialize(directory, generateDump(8_000, 7))
      for (const [version, hash] of [
        [0, 'sha256'],
        [1, 'sha512'],
        [2, 'sha256'],
        [2, 'sha512'],
      ] as const) {
        const [ours, theirs] = [
          join(work, `r-${hash}-${version}`),
          join(work, `p-${hash}-${version}`),
        ]
        const init = ['init', '--insecure', '--algorithm', `fsverity-${hash}-12`]
        bytesOf(runOurs([...init, ours]))
        bytesOf(runPeer([...init, theirs]))
        for (const mode of [[], ['--xattrs', 'keep-user-xattrs'], ['--no-propagate-usr-to-root']]) {
          const command = ['--erofs-version', String(version), 'create-image', ...mode, directory]
          const id = textOf(runPeer(['--repo', theirs, ...command]))
          expect(textOf(runOurs(['--repo', ours, ...command]))).toBe(id)
          const compute = [
            '--hash',
            hash,
            '--erofs-version',
            String(version),
            '--no-repo',
            'compute-id',
            ...mode,
            directory,
          ]
          expect(`${hash}:${textOf(runOurs(compute))}`).toBe(id)
        }
        expect(textOf(runPeer(['--repo', ours, 'fsck']))).toMatch(/status: ok/)
      }
    },
  )
})

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
