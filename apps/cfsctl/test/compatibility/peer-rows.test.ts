import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Outcome, peer, runOurs, runPeer } from '../programs.ts'
import { makeSmallRepository, type SmallRepository } from '../small-repository.ts'
import { temporaryDirectory } from '../temporary.ts'
import { makePlaces, type Places, wordsOf } from './peer-ground.ts'
import { type Comparison, PEER_ROWS, type PeerRow } from './peer-rows.ts'

const why = peer === undefined ? ': CFSCTL_PEER is not set' : ''
const isRoot = process.getuid?.() === 0
const needsRoot = isRoot ? '' : ' (mounts need root)'

describe.skipIf(peer === undefined)(
  `each word, ours against the peer${why}${needsRoot}`,
  { timeout: 300_000 },
  () => {
    const work = temporaryDirectory()
    let small: SmallRepository
    beforeAll(async () => {
      // With the hash that init takes by itself.
      small = await makeSmallRepository(work, 'fsverity-sha512-12')
    }, 600_000)
    const rows = PEER_ROWS.filter(({ mounts }) => isRoot || mounts !== true)

    test.each(rows)('cfsctl $line', row => {
      // What changes nothing works on the same copies as everything else that does not.
      const pair = row.changes === true ? `row-${PEER_ROWS.indexOf(row)}` : 'row-shared'
      const [ours, theirs] = ['ours', 'theirs'].map(side =>
        makePlaces(small, `${pair}/${side}`),
      ) as [Places, Places]
      const input = row.input?.(small)
      const [mine, other] = [
        runRow(row, { run: args => runOurs(args, input), places: ours }),
        runRow(row, { run: args => runPeer(args, input), places: theirs }),
      ]
      expect(mine.status === 0, `${mine.stderr}${other.stderr}`).toBe(other.status === 0)
      if (other.status === 0) {
        const texts = [
          mine.stdout.toString('latin1').replaceAll(ours.directory ?? '', ''),
          other.stdout.toString('latin1').replaceAll(theirs.directory ?? '', ''),
        ] as const
        compare(row.compare ?? 'bytes', texts)
      }
      if (row.changes !== true) return
      for (const { repo = '' } of [ours, theirs]) {
        expectSound(runPeer(['--repo', repo, 'fsck']))
        expectSound(runOurs(['--repo', repo, 'fsck']))
      }
      rmSync(`${work}/${pair}`, { recursive: true })
    })
  },
)

/** Runs a row by one program, with what comes before; nothing stays mounted. */
function runRow(
  { line, before = [] }: PeerRow,
  { run, places }: { run: (args: readonly string[]) => Outcome; places: Places },
): Outcome {
  const { repo = '', mount = '' } = places
  const start = (line: string) => {
    // Global options come first, as scripts write them.
    const chosen = /^--(?:repo|user|system|no-repo)\b/.test(line) ? [] : ['--repo', repo]
    return run([...chosen, ...wordsOf(line, places)])
  }
  for (const line of before) expect(start(line).status).toBe(0)
  try {
    return start(line)
  } finally {
    spawnSync('umount', ['--lazy', mount])
  }
}

function compare(how: Comparison, [mine, other]: readonly [string, string]): void {
  switch (how) {
    case 'none':
      return
    case 'bytes':
      expect(mine).toBe(other)
      return
    case 'lines':
      expect(mine.split('\n').sort()).toEqual(other.split('\n').sort())
      return
    case 'pull':
      expect(mine.replaceAll(/^(verity|image) .*\n/gm, '')).toBe(
        other.replaceAll(/^verity .*\n/gm, ''),
      )
      return
    case 'json': {
      const wanted = inOrder(JSON.parse(other))
      expect(reduced(inOrder(JSON.parse(mine)), wanted)).toEqual(wanted)
    }
  }
}

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** Lists in an order that does not depend on that of a directory. */
function inOrder(value: Json): Json {
  if (Array.isArray(value)) {
    return value
      .map(inOrder)
      .sort((a, b) => (JSON.stringify(nameOf(a)) < JSON.stringify(nameOf(b)) ? -1 : 1))
  }
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inOrder(item)]))
}

function nameOf(value: Json): Json {
  const isNamed = value !== null && typeof value === 'object' && !Array.isArray(value)
  return isNamed ? (value.name ?? value) : value
}

/** Without the keys that the other one has not: we only ever add some. */
function reduced(value: Json, model: Json): Json {
  if (Array.isArray(value) && Array.isArray(model)) {
    return value.map((item, index) => reduced(item, model[index] ?? item))
  }
  const isObject = (item: Json) => item !== null && typeof item === 'object' && !Array.isArray(item)
  if (!isObject(value) || !isObject(model)) return value
  const own = value as { [key: string]: Json }
  return Object.fromEntries(
    Object.entries(model as { [key: string]: Json }).flatMap(([key, item]) =>
      key in own ? [[key, reduced(own[key] ?? null, item)]] : [],
    ),
  )
}

function expectSound({ status, stdout, stderr }: Outcome): void {
  expect(status, `${stdout}${stderr}`).toBe(0)
}
