import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type ExplainedPair,
  explainedPairs,
  LATE,
  outputOf,
  storeImage,
} from './explained-pairs.ts'
import { bytesOf, peer, runOurs, runPeer, textOf } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'

const NAMES = [
  'nanoseconds',
  'xattr filter',
  'implied parent',
  '/run',
  'V1 against V2',
  'hard link split',
  'late whiteout',
  'mode bits',
  'changed file',
  'added layer',
]

const work = temporaryDirectory()
const repository = ['--repo', join(work, 'repository')]
let pairs: Record<string, ExplainedPair> = {}

beforeAll(async () => {
  pairs = await explainedPairs(work)
})

describe.each(NAMES)('%s', name => {
  const pair = () => pairs[name] as ExplainedPair

  test('explain names the rule, the entries and what to type', async () => {
    const { a, b, example, fix, rule } = pair()
    const [first, second, blank, ...lines] = textOf(
      runOurs([...repository, 'explain', a, b]),
    ).split('\n')
    expect([first, second, blank]).toEqual([
      expect.stringMatching(/^A {2}.*\(/),
      expect.stringMatching(/^B {2}.*\(/),
      '',
    ])
    expect(lines[0]).toMatch(new RegExp(`^${rule}: \\S`))
    expect(lines[1]?.trim().split('  ')[0]).toBe(example)
    expect(lines.find(line => line.startsWith('fix: '))).toContain(fix)
  })

  test('explain says the same in JSON', async () => {
    const { a, b, example, fix, rule, side } = pair()
    const document = JSON.parse(await outputOf([...repository, '--json', 'explain', a, b]))
    expect(document).toMatchObject({ schema: 'cfsctl.explain/1', rule })
    const [first] = document.rules
    expect(first).toMatchObject({ rule, side, summary: expect.any(String) })
    expect(first.fix).toContain(fix)
    expect(first.count).toBeGreaterThan(0)
    const [{ kind, layer, path }] = first.examples
    expect(kind === 'layer' ? `layer ${layer}` : (path ?? 'image')).toBe(example)
  })

  test('diff names the entries', async () => {
    const { a, b, changes } = pair()
    const plain = await outputOf([...repository, '--format', 'plain', 'diff', a, b])
    const rows = plain === '' ? [] : plain.split('\n').map(line => line.split('\t'))
    expect(
      rows.map(([change, path, parts]) => `${change} ${path} ${parts === '-' ? '' : parts}`),
    ).toEqual(changes)
    const text = await outputOf([...repository, 'diff', a, b])
    for (const line of changes) {
      const [change = '', path = ''] = line.split(' ')
      const mark = { added: '+', removed: '-', changed: '~' }[change]
      expect(text).toContain(`\n${mark} ${path}`)
    }
    expect(text).toContain(changes.length === 0 ? 'The trees are the same.' : 'to fetch: ')
  })

  test('diff says the same in JSON', async () => {
    const { a, b, changes } = pair()
    const text = await outputOf([...repository, '--json', 'diff', a, b])
    const document = JSON.parse(text)
    expect(text).toBe(JSON.stringify(document, null, 2))
    expect(document).toMatchObject({ schema: 'cfsctl.diff/1', same: changes.length === 0 })
    expect(
      document.changes.map(
        ({ change, parts, path }: { change: string; parts: string[]; path: string }) =>
          `${change} ${path} ${parts}`,
      ),
    ).toEqual(changes)
  })

  test('neither finds anything about A and A', async () => {
    const { a } = pair()
    expect(await outputOf([...repository, '--format', 'plain', 'diff', a, a])).toBe('')
    expect(await outputOf([...repository, '--json', 'explain', a, a])).toContain('"rule": null')
  })
})

const why = peer === undefined ? ': CFSCTL_PEER is not set' : ''
describe.skipIf(peer === undefined)(`images of the peer${why}`, () => {
  test('a late whiteout is what loses a file there', async () => {
    const theirs = join(work, 'theirs')
    const init = ['init', '--insecure', '--algorithm', 'fsverity-sha256-12']
    bytesOf(runPeer([...init, theirs]))
    await storeImage(work, join(work, 'repository'), 'late', LATE)
    bytesOf(
      runPeer(['--repo', theirs, 'oci', 'pull', `oci:${join(work, 'layout-late')}:late`, 'x']),
    )
    // A repository of theirs, read by us: its image is what the kernel would show.
    const inspected = JSON.parse(textOf(runPeer(['--repo', theirs, 'oci', 'inspect', 'x'])))
    const image = join(theirs, 'images', inspected.composefs_erofs)
    const document = JSON.parse(
      await outputOf([...repository, '--json', 'explain', 'late', `file:${image}`]),
    )
    expect(document).toMatchObject({
      rule: expect.stringMatching(/^(?:late-whiteout|format-version)$/),
    })
    const late = document.rules.find(({ rule }: { rule: string }) => rule === 'late-whiteout')
    expect(late).toMatchObject({ side: 'b', count: 1, examples: [{ path: '/etc/late' }] })
  })
})
