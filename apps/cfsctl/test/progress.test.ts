import type { Progress } from '@composefs/oci'
import { describe, expect, test } from 'vitest'
import { Console } from '../src/output/console.ts'
import { itemsProgress } from '../src/output/items-progress.ts'
import { JsonProgress } from '../src/output/json-progress.ts'
import { PlainProgress } from '../src/output/plain-progress.ts'
import type { ProgressView } from '../src/output/progress-view.ts'
import { formatSize } from '../src/output/size.ts'
import { TerminalProgress } from '../src/output/terminal-progress.ts'
import { TransferRate } from '../src/output/transfer-rate.ts'
import { roundDuration, roundSize, sizeOfTotal } from '../src/output/transfer-text.ts'

const MIB = 2 ** 20
const [first, second] = ['a', 'b'].map(digit => `sha256:${digit.repeat(64)}`) as [string, string]

/** A pull of two layers, the first of which is there; each step takes six seconds. */
const EVENTS: readonly Progress[] = [
  { kind: 'started', id: 'total', total: 10 * MIB, unit: 'bytes', transfers: 2 },
  { kind: 'skipped', id: first },
  { kind: 'started', id: second, total: 10 * MIB, unit: 'bytes' },
  { kind: 'progress', id: second, fetched: 4 * MIB, total: 10 * MIB },
  { kind: 'progress', id: 'total', fetched: 4 * MIB, total: 10 * MIB },
  { kind: 'progress', id: second, fetched: 10 * MIB, total: 10 * MIB },
  { kind: 'progress', id: 'total', fetched: 10 * MIB, total: 10 * MIB },
  { kind: 'done', id: second, transferred: 10 * MIB },
  { kind: 'message', message: 'making the\nimage' },
  { kind: 'done', id: 'total', transferred: 10 * MIB },
]

function play(view: ProgressView, step: () => void = () => {}): void {
  for (const event of EVENTS) {
    view.report(event)
    step()
  }
}

test('plain: lines for the start, the layers, now and then the total, and the end', () => {
  const lines: string[] = []
  let now = 0
  const view = new PlainProgress(
    'pull x',
    line => lines.push(line),
    () => now,
  )
  play(view, () => {
    now += 6000
  })
  view.finish()
  expect(lines).toEqual([
    'pull x: 2 layers, 10 MiB',
    'layer aaaaaaaaaaaa: already here',
    'pull: 4.0 of 10 MiB, 171 KiB/s',
    'pull: 10 of 10 MiB, 512 KiB/s',
    'layer bbbbbbbbbbbb: done 10 MiB in 30.0 s',
    'making the\\nimage',
    'pull x: done, 10 MiB in 60.0 s',
  ])
})

describe('things that are counted', () => {
  function count(view: ProgressView): void {
    const { onProgress } = itemsProgress({ onProgress: event => view.report(event) })
    for (const done of [0, 1000, 20_000]) onProgress(done, 20_000)
    view.finish({ ok: true, objects_checked: 20_000, errors: [] })
  }

  test('plain: numbers without a unit', () => {
    const lines: string[] = []
    let now = 0
    count(
      new PlainProgress(
        'fsck',
        line => lines.push(line),
        () => (now += 5000),
      ),
    )
    expect(lines[0]).toBe('fsck: 20,000')
    expect(lines.at(-1)).toMatch(/^fsck: done, 20,000 in [\d.]+ s$/)
    expect(lines).toContainEqual(expect.stringMatching(/^fsck: [\d,]+ of 20,000, [\d,]+\/s$/))
  })

  test('plain: a start that knows of nothing yet has no number', () => {
    const lines: string[] = []
    const view = new PlainProgress('gc', line => lines.push(line))
    const { onProgress } = itemsProgress({ onProgress: event => view.report(event) })
    onProgress(0, undefined)
    onProgress(4, undefined)
    view.finish()
    expect(lines[0]).toBe('gc: started')
    expect(lines.at(-1)).toMatch(/^gc: done, 4 in /)
  })

  test('json: frames of items, and the scalars of the result', () => {
    const frames: Record<string, unknown>[] = []
    let now = 0
    count(
      new JsonProgress(
        line => frames.push(JSON.parse(line)),
        () => (now += 1000),
      ),
    )
    const contents = frames.map(({ seq, time, ...frame }) => frame)
    expect(contents).toEqual([
      { started: { id: 'total', total: 20_000, unit: 'Items' } },
      { progress: { id: 'total', fetched: 0, total: 20_000 } },
      { progress: { id: 'total', fetched: 1000, total: 20_000 } },
      { progress: { id: 'total', fetched: 20_000, total: 20_000 } },
      { done: { id: 'total', transferred: 20_000 } },
      { completed: { ok: true, objects_checked: 20_000 } },
    ])
  })
})

test('json: numbered frames with their time, progress no more often than ten times a second', () => {
  const lines: string[] = []
  let now = Date.UTC(2024, 0, 2, 3, 4, 5)
  const view = new JsonProgress(
    line => lines.push(line),
    () => now,
  )
  play(view, () => {
    now += 10
  })
  view.finish({
    manifest_digest: 'sha256:m',
    stats: { bytes_fetched: 1 },
    composefs_boot_erofs: null,
  })
  const frames = lines.map(line => JSON.parse(line) as Record<string, unknown>)
  expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1))
  expect(frames[0]).toEqual({
    seq: 1,
    time: '2024-01-02T03:04:05.000Z',
    started: { id: 'total', total: 10 * MIB, unit: 'Bytes', transfers: 2 },
  })
  expect(frames.map(frame => Object.keys(frame)[2])).toEqual([
    'started',
    'skipped',
    'started',
    'progress',
    'progress',
    'progress',
    'progress',
    'done',
    'message',
    'done',
    'completed',
  ])
  expect(frames.at(-1)?.completed).toMatchObject({
    manifest_digest: 'sha256:m',
    stats: { bytes_fetched: 1 },
    boot_image: null,
  })
})

describe('on a terminal', () => {
  function open(columns = 40) {
    const written: string[] = []
    const terminal = { columns, write: (text: string) => written.push(text) }
    const console = new Console({
      write: text => written.push(text),
      isColored: () => false,
      isQuiet: false,
      level: 'warn',
      json: false,
    })
    return { written, console, view: new TerminalProgress('pull x', console, terminal) }
  }

  test('no line is wider than it, and nothing is left at the end', () => {
    const { written, view } = open()
    play(view)
    view.finish()
    const text = written.join('')
    const lines = text.split(/\u001b\[\d*[AJ]|\n/)
    expect(Math.max(...lines.map(line => line.length))).toBeLessThan(40)
    expect(cursorAfter(text)).toBe(0)
    expect(text.endsWith('\u001b[J')).toBe(true)
  })

  test('there is a line for all, and one for each layer', async () => {
    const { written, view } = open(100)
    for (const event of EVENTS.slice(0, 5)) view.report(event)
    // Drawings are at least 100 ms apart, except where there is a message.
    view.report({ kind: 'message', message: 'wait' })
    const drawn = written.at(-1)?.split('\n') ?? []
    view.abandon()
    expect(drawn[0]).toMatch(/Pulling x {3}4\.0 \/ 10 MiB {3}\d.*\/s.* {3}layers 1\/2$/)
    expect(drawn.slice(1)).toEqual([
      '  bbbbbbbbbbbb  ████████░░░░░░░░░░░░   40%   4.0 / 10 MiB',
      '  aaaaaaaaaaaa  already here',
      'wait',
      '',
    ])
  })

  test('messages stand above what is drawn', () => {
    const { written, console, view } = open()
    view.report(EVENTS[0] as Progress)
    console.notice('something')
    expect(written.slice(-2)).toEqual(['\u001b[1A\u001b[J', 'notice: something\n'])
    view.abandon()
    console.notice('more')
    expect(written.at(-1)).toBe('notice: more\n')
  })
})

describe('what a glance takes in', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [9.96 * MIB, '10 MiB'],
    [930.4 * MIB, '930 MiB'],
    [5.25 * 2 ** 40, '5.3 TiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(roundSize(bytes)).toBe(text)
  })

  test('two sizes have one unit', () => {
    expect(sizeOfTotal(412 * MIB, 930 * MIB)).toBe('412 / 930 MiB')
    expect(sizeOfTotal(412 * MIB, 1.5 * 2 ** 30, 'of')).toBe('0.4 of 1.5 GiB')
    expect(sizeOfTotal(0, 0)).toBe('0 / 0 B')
  })

  test.each([
    [1, '1 s'],
    [99_000, '99 s'],
    [119_000, '2 min'],
    [3_900_000, '1 h 5 min'],
  ])('%i ms are %s', (milliseconds, text) => {
    expect(roundDuration(milliseconds)).toBe(text)
  })

  test('a rate is that of the last seconds', () => {
    const rate = new TransferRate()
    expect(rate.at(0, 0)).toBe(0)
    for (let time = 0; time <= 20_000; time += 100) {
      rate.note(time < 10_000 ? time * 1000 : 10_000_000, time)
    }
    expect(rate.at(10_000_000, 15_000)).toBeGreaterThan(0)
    expect(rate.at(10_000_000, 21_000)).toBe(0)
  })
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.00 KiB'],
  [10_998, '10.74 KiB'],
  [300 * MIB, '300.00 MiB'],
  [5 * 2 ** 40, '5.00 TiB'],
])('%i bytes are %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text)
})

/** Lines below the first one, where the cursor is left. */
function cursorAfter(text: string): number {
  const down = text.split('\n').length - 1
  const up = Array.from(text.matchAll(/\u001b\[(\d+)A/g), ([, count]) => Number(count))
  return down - up.reduce((sum, count) => sum + count, 0)
}
