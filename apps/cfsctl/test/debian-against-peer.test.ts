import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { debianRootfs, type LayoutFacts, splitTar, writeLayout } from '@composefs/test-fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesOf, peer, runOurs, runPeer, textOf } from './programs.ts'

const rootfs = peer === undefined ? { reason: 'CFSCTL_PEER is not set' } : debianRootfs()
const why = 'reason' in rootfs ? `: ${rootfs.reason}` : ''

const REPOSITORIES = ['sha256', 'sha512'].flatMap(hash =>
  [1, 2].map(erofs => ({ hash, erofs, label: `${hash}, EROFS V${erofs}` })),
)

describe.skipIf('reason' in rootfs)(
  `a Debian root file system, ours against the peer${why}`,
  () => {
    const work = mkdtempSync(join(tmpdir(), 'composefs-debian-'))
    const layouts: { name: string; facts: LayoutFacts }[] = []

    beforeAll(() => {
      if ('reason' in rootfs) return
      const [a, b, c, d] = splitTar(rootfs.tar, 4)
      if (a === undefined || b === undefined || c === undefined || d === undefined)
        throw new Error('too few entries')
      layouts.push(
        {
          name: 'one gzip layer',
          facts: writeLayout(join(work, 'one'), {
            tag: 'deb',
            layers: [{ tar: rootfs.tar, compression: 'gzip' }],
          }),
        },
        {
          name: 'four layers',
          facts: writeLayout(join(work, 'four'), {
            tag: 'deb',
            layers: [
              { tar: a, compression: 'plain' },
              { tar: b, compression: 'gzip' },
              { tar: c, compression: 'zstd' },
              { tar: d, compression: 'gzip-members' },
            ],
          }),
        },
      )
    })
    afterAll(() => rmSync(work, { recursive: true, force: true }))

    describe.each(REPOSITORIES)('$label', ({ hash, erofs }) => {
      test.each(['one gzip layer', 'four layers'])('%s', { timeout: 600_000 }, name => {
        const facts = layouts.find(layout => layout.name === name)?.facts
        if (facts === undefined) throw new Error(`no layout ${name}`)
        const image = `oci:${facts.directory}:deb`
        const id = `${hash}-${erofs}-${facts.diffIds.length}`
        const [ours, theirs] = [join(work, `ours-${id}`), join(work, `theirs-${id}`)]
        const init = [
          'init',
          '--insecure',
          '--algorithm',
          `fsverity-${hash}-12`,
          '--erofs-version',
          String(erofs),
        ]
        bytesOf(runOurs([...init, ours]))
        bytesOf(runPeer([...init, theirs]))
        const ourPull = textOf(runOurs(['--repo', ours, 'oci', 'pull', image, 'deb']))
        const theirPull = textOf(runPeer(['--repo', theirs, 'oci', 'pull', image, 'deb']))

        // The words of a pull, but for the verity of the manifest stream, which is not reproducible.
        const words = (text: string) =>
          text.split('\n').filter(line => !/^(verity|image) /.test(line))
        expect(words(ourPull)).toEqual(words(theirPull))

        // The same image, by either program on either repository.
        const imageId = (run: typeof runOurs, repository: string) =>
          JSON.parse(textOf(run(['--repo', repository, 'oci', 'inspect', 'deb'])))
            .composefs_erofs as string
        const expected = imageId(runPeer, theirs)
        expect(expected).toMatch(/^[0-9a-f]+$/)
        expect(imageId(runOurs, ours)).toBe(expected)
        expect(imageId(runPeer, ours)).toBe(expected)
        expect(imageId(runOurs, theirs)).toBe(expected)
        expect(textOf(runOurs(['--repo', theirs, 'oci', 'compute-id', 'deb']))).toBe(expected)
        expect(textOf(runPeer(['--repo', ours, 'oci', 'compute-id', 'deb']))).toBe(expected)

        // The same layers: dump lines, bytes, and streams, whose zstd frames are the same bytes too.
        for (const diffId of facts.diffIds) {
          const dump = (run: typeof runOurs, repository: string) =>
            sha256(bytesOf(run(['--repo', repository, 'oci', 'layer', '--dumpfile', diffId])))
          const wanted = dump(runPeer, theirs)
          expect(dump(runOurs, ours)).toBe(wanted)
          expect(dump(runPeer, ours)).toBe(wanted)
          expect(dump(runOurs, theirs)).toBe(wanted)
          expect(
            `sha256:${sha256(bytesOf(runOurs(['--repo', theirs, 'oci', 'layer', diffId])))}`,
          ).toBe(diffId)
          expect(
            `sha256:${sha256(bytesOf(runPeer(['--repo', ours, 'oci', 'layer', diffId])))}`,
          ).toBe(diffId)
        }
        expect(sha256(bytesOf(runOurs(['--repo', theirs, 'oci', 'dump', 'deb'])))).toBe(
          sha256(bytesOf(runPeer(['--repo', ours, 'oci', 'dump', 'deb']))),
        )

        // The peer finds nothing wrong with ours, and nothing to add but the two streams it always writes again.
        expect(textOf(runPeer(['--repo', ours, 'oci', 'fsck']))).toMatch(/status: ok/)
        const before = objectCount(ours)
        expect(textOf(runPeer(['--repo', ours, 'oci', 'pull', image, 'deb']))).toMatch(
          /^objects +0 new/m,
        )
        expect(objectCount(ours) - before).toBeLessThanOrEqual(4)
        rmSync(ours, { recursive: true })
        rmSync(theirs, { recursive: true })
      })
    })
  },
)

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function objectCount(repository: string): number {
  return readdirSync(join(repository, 'objects'), { recursive: true, encoding: 'utf8' }).filter(
    name => name.length > 2,
  ).length
}
