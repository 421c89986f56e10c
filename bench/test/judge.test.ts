import { describe, expect, test } from 'vitest'
import { mebibytesOver, milliseconds, millisecondsOver, ratio } from '../src/rows/limit.ts'
import type { Row } from '../src/rows/row.ts'
import { judge, type RowResult } from '../src/run/result.ts'

const row = {
  name: 'row',
  scenario: 'pull',
  input: 'rootfs-gz',
  place: 'tmpfs',
  algorithm: 'sha512',
  rivals: ['cfsctl'],
  metric: 'time',
  gate: [ratio(0.7)],
  aim: [ratio(0.5)],
} as const satisfies Row

const samples = (...walls: number[]) =>
  walls.map(wall => ({ wall, user: wall / 2, system: wall / 4, peakKibibytes: wall * 1024 }))

const result = (sides: RowResult['sides']): RowResult => ({ row: 'row', sides })

describe('judge', () => {
  test.each([
    ['both reached', row, { ours: samples(1), cfsctl: samples(2) }, 'met', 'met'],
    ['the gate reached', row, { ours: samples(6), cfsctl: samples(10) }, 'met', 'missed'],
    ['neither', row, { ours: samples(8), cfsctl: samples(10) }, 'missed', 'missed'],
    [
      'missed by noisy samples',
      row,
      { ours: samples(6, 8, 9), cfsctl: samples(10) },
      'noisy',
      'noisy',
    ],
    [
      'missed beside a noisy peer',
      row,
      { ours: samples(8), cfsctl: samples(9, 10, 13) },
      'noisy',
      'noisy',
    ],
    [
      'reached by noisy samples',
      row,
      { ours: samples(1, 2, 3), cfsctl: samples(10) },
      'met',
      'met',
    ],
    ['no peer', row, { ours: samples(1) }, 'open', 'open'],
    ['no samples', row, {}, 'open', 'open'],
    [
      'a time missed, no peer',
      { ...row, gate: [ratio(1), milliseconds(70)] },
      { ours: samples(0.08) },
      'missed',
      'open',
    ],
    [
      'a distance reached',
      { ...row, gate: [millisecondsOver('node', 20)] },
      { ours: samples(0.05), node: samples(0.04) },
      'met',
      'open',
    ],
    [
      'a distance missed',
      { ...row, gate: [millisecondsOver('node', 20)] },
      { ours: samples(0.07), node: samples(0.04) },
      'missed',
      'open',
    ],
  ] as const)('%s', (_, judged, sides, gate, aim) => {
    expect(judge(judged, result(sides), [])).toMatchObject({ gate, aim })
  })

  test('a wrong result fails, however fast it was', () => {
    const wrong = { ...result({ ours: samples(1), cfsctl: samples(2) }), problems: ['no image'] }
    expect(judge(row, wrong, [])).toMatchObject({ gate: 'failed', aim: 'failed' })
  })

  test('memory is compared with that of another row', () => {
    const grown: Row = { ...row, metric: 'memory', gate: [mebibytesOver('other', 10)], aim: [] }
    const other = { row: 'other', sides: { ours: samples(100) } }
    const own = (peak: number) => result({ ours: samples(peak) })
    expect(judge(grown, own(110), [other, own(110)]).gate).toBe('met')
    expect(judge(grown, own(111), [other, own(111)]).gate).toBe('missed')
    expect(judge(grown, own(111), [own(111)]).gate).toBe('open')
  })
})
