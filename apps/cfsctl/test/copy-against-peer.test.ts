import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { describe, expect, test } from 'vitest'
import { type Outcome, peer, runOurs, runPeer, textOf } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'
import { unpack } from './unpack.ts'

const why = peer === undefined ? ': CFSCTL_PEER is not set' : ''
const layouts = join(vectorsDirectory, 'repo', 'layouts')

/** Images that both programs pull. */
const IMAGES = [
  ['bootplain', 'v1'],
  ['whiteout', 'base'],
  ['artifact', 'sbom'],
] as const

/** Which program pulls what is to be copied, and between which repositories. */
const CASES = [
  { puller: 'ours', from: 'sha256', to: 'sha256' },
  { puller: 'peer', from: 'sha256', to: 'sha512' },
] as const

type Run = typeof runOurs

/** What `oci copy` prints of the config and manifest that a repository has, for artifacts in any order. */
function withoutVerities(text: string): string {
  return text.replaceAll(/^(Manifest|Config) verity: .*$/gm, '$1 verity:')
}

describe.skipIf(peer === undefined)(`oci copy against the peer${why}`, { timeout: 300_000 }, () => {
  const work = temporaryDirectory()
  for (const [layout] of IMAGES) unpack(join(layouts, `${layout}.tar`), work)
  let count = 0
  const newRepository = (hash: string): string => {
    const repository = join(work, `repository-${count++}`)
    textOf(runPeer(['init', '--insecure', '--algorithm', `fsverity-${hash}-12`, repository]))
    return repository
  }
  const copy = (run: Run, to: string, ...args: string[]): Outcome =>
    run(['--repo', to, 'oci', 'copy', ...args])
  const imageId = (run: Run, repository: string, image: string): unknown =>
    JSON.parse(textOf(run(['--repo', repository, 'oci', 'inspect', image]))).composefs_erofs
  const expectClean = (repository: string) => {
    const fsck = textOf(runPeer(['--repo', repository, 'oci', 'fsck']))
    expect(fsck).toMatch(/^status: ok$/m)
    expect(fsck).not.toMatch(/errors/)
  }

  describe.each(CASES)('from $from to $to, pulled by $puller', ({ puller, from, to }) => {
    test.each(IMAGES)('%s', (layout, tag) => {
      const source = newRepository(from)
      const reference = `oci:${join(work, layout)}:${tag}`
      const pull = puller === 'ours' ? runOurs : runPeer
      textOf(pull(['--repo', source, 'oci', 'pull', reference, 'i']))
      const [ours, theirs] = [newRepository(to), newRepository(to)]
      const named = ['i', '--from', source, '--name', 'copy/of:i']
      const mine = textOf(copy(runOurs, ours, ...named))
      const other = textOf(copy(runPeer, theirs, ...named))
      // The peer orders the references of artifacts, and of more than one layer, by chance.
      expect(withoutVerities(mine)).toBe(withoutVerities(other))
      expectClean(ours)
      const id = imageId(runPeer, theirs, 'copy/of:i')
      expect(id === null).toBe(layout === 'artifact')
      expect(imageId(runPeer, ours, 'copy/of:i')).toBe(id)
      for (const part of ['--manifest', '--config']) {
        expect(textOf(runPeer(['--repo', ours, 'oci', 'inspect', part, 'copy/of:i']))).toBe(
          textOf(runPeer(['--repo', source, 'oci', 'inspect', part, 'i'])),
        )
      }
      // What one has copied, the other copies back.
      const [again, back] = [newRepository(from), newRepository(from)]
      textOf(copy(runPeer, again, 'copy/of:i', '--from', ours, '--name', 'i'))
      textOf(copy(runOurs, back, 'copy/of:i', '--from', theirs, '--name', 'i'))
      for (const repository of [again, back]) {
        expectClean(repository)
        expect(imageId(runPeer, repository, 'i')).toBe(imageId(runPeer, source, 'i'))
      }
    })
  })

  test('says the same without a name, by digest, again, and where something is wrong', () => {
    const source = newRepository('sha256')
    const image = `oci:${join(work, 'bootplain')}:v1`
    const [line = ''] = textOf(runOurs(['--repo', source, 'oci', 'pull', image, 'i'])).split('\n')
    const digest = line.replace('manifest ', '@')
    const other = newRepository('sha512')
    const [ours, theirs] = [newRepository('sha256'), newRepository('sha256')]
    const same = (...args: string[]) => {
      const [mine, their] = [copy(runOurs, ours, ...args), copy(runPeer, theirs, ...args)]
      expect(mine.status === 0, mine.stderr).toBe(their.status === 0)
      if (their.status === 0) expect(mine.stdout.toString()).toBe(their.stdout.toString())
      return mine
    }
    same('i', '--from', source)
    same(digest, `--from=${source}/`)
    same('i', '--from', source, '--name', 'x', '--zerocopy')
    same('i', '--from', source, '--name', 'x')
    expect(same('i', '--from', other, '--zerocopy').status).toBe(5)
    expect(same('nope', '--from', source).status).toBe(3)
    expect(same('i', '--from', join(work, 'nowhere')).status).toBe(3)
    expect(same('i').status).toBe(2)
    expectClean(ours)
  })

  test('with --zerocopy copies no file', () => {
    const source = newRepository('sha256')
    textOf(runPeer(['--repo', source, 'oci', 'pull', `oci:${join(work, 'bootplain')}:v1`, 'i']))
    const to = newRepository('sha256')
    const outcome = copy(runOurs, to, '--json', 'i', '--from', source, '--name', 'i', '--zerocopy')
    const { stats, layers, schema, tag } = JSON.parse(textOf(outcome))
    expect({ schema, tag }).toEqual({ schema: 'cfsctl.oci-copy/1', tag: 'i' })
    expect(layers).toMatchObject([{ status: 'copied', blob_kept: false }])
    expect(stats).toMatchObject({ objects_copied: 0, bytes_copied: 0 })
    expect(stats.objects_reflinked + stats.objects_hardlinked).toBe(2)
    expectClean(to)
    expectClean(source)
  })
})

describe.skipIf(peer === undefined)(
  `oci linked-erofs-images against the peer${why}`,
  { timeout: 300_000 },
  () => {
    const work = temporaryDirectory()
    test.each(['sha256-dual', 'sha512-v1', 'images'])('on the repository %s', name => {
      unpack(join(vectorsDirectory, 'repo', 'repos', `${name}.tar`), work)
      const repository = join(work, name)
      const list = (run: Run, id: string) =>
        run(['--repo', repository, 'oci', 'linked-erofs-images', id])
      const ids = readdirSync(join(repository, 'images')).filter(id => id !== 'refs')
      expect(ids.length).toBeGreaterThan(0)
      for (const id of [...ids, '0'.repeat(ids[0]?.length ?? 64), 'nope']) {
        const [mine, other] = [list(runOurs, id), list(runPeer, id)]
        expect(mine.status === 0, mine.stderr).toBe(other.status === 0)
        if (other.status !== 0) continue
        const [seen, wanted] = [mine, other].map(({ stdout }) => stdout.toString())
        // The same text, but that the peer has the boot variants in any order.
        expect(seen?.split('\n').length).toBe(wanted?.split('\n').length)
        expect(sortBootable(seen)).toEqual(sortBootable(wanted))
      }
    })
  },
)

/** The list, its boot variants by id. */
function sortBootable(text = ''): unknown {
  const images = JSON.parse(text) as { readonly id: string; readonly bootable: boolean }[]
  const bootable = images.filter(image => image.bootable)
  const plain = images.filter(image => !image.bootable)
  return [...plain, ...bootable.sort((a, b) => (a.id < b.id ? -1 : 1))]
}
