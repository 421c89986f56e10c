import { describe, expect, test } from 'vitest'
import { renderPage } from '../src/report/page.ts'
import { parseReport, type Report } from '../src/report/report.ts'

const sample = (wall: number, mebibytes = 100) => ({
  wall,
  user: wall / 2,
  system: wall / 2,
  peakKibibytes: mebibytes * 1024,
})

const report: Report = {
  version: 1,
  environment: {
    date: '2026-01-31',
    kernel: '6.18.0',
    architecture: 'x64',
    processor: 'Some CPU',
    processors: 2,
    memory: 24,
    fileSystems: { tmpfs: 'tmpfs', disk: 'ext4' },
    versions: { ours: 'cfsctl 0.1.0', cfsctl: 'cfsctl 0.9.4', node: 'v24.0.0' },
    rootFileSystem: 'synthetic',
  },
  results: [
    {
      row: 'pull rootfs gz',
      sides: { ours: [sample(0.5), sample(0.6), sample(0.55)], cfsctl: [sample(1), sample(1.1)] },
    },
    { row: 'fsck rootfs', sides: { ours: [sample(0.4)], cfsctl: [sample(0.3)] } },
    { row: 'pull big zst, registry', sides: {}, skipped: 'no docker-registry' },
    { row: 'gc small', sides: {}, problems: ['exit status 1'] },
    {
      row: '--help',
      sides: { ours: [sample(0.03)], node: [sample(0.025)], cfsctl: [sample(0.004)] },
    },
    {
      row: 'memory: pull small gz, 1 helper',
      sides: { ours: [sample(2, 120)], cfsctl: [sample(3, 180)] },
    },
  ],
}

describe('the page', () => {
  const page = renderPage(report)

  test.each([
    ['| pull rootfs gz | 0.65 | 0.55 | 0.55 s | 1.05 s | 0.52 | 0.52 | 18 % | aim met |'],
    ['| fsck rootfs | 1.00 | 0.90 | 0.40 s | 0.30 s | 1.33 | 1.33 |  | **missed** |'],
    ['| pull big zst, registry | 0.70 | 0.70 |  |  |  |  |  | skipped: no docker-registry |'],
    ['| gc small | 200 ms | 150 ms |  |  |  |  |  | **failed** |'],
    [
      '| --help | node + 20 ms | node + 8 ms | 30 ms | node 25 ms, cfsctl 4 ms | node 1.20, cfsctl 7.50 | 1.20 |  | aim met |',
    ],
    [
      '| memory: pull small gz, 1 helper | 150 MiB | 125 MiB | 120 MiB | 180 MiB | 0.67 | 0.67 |  | aim met |',
    ],
  ])('has the line %s', line => {
    expect(page.split('\n')).toContain(line)
  })

  test('tells where it was measured', () => {
    expect(page).toContain('| processors | 2 × Some CPU, x64 |')
    expect(page).toContain('| file systems | tmpfs; ext4 where a row says disk |')
    expect(page).toContain('| peer | cfsctl 0.9.4 |')
  })

  test('tells what is lost, the worst first', () => {
    const losses = page.slice(page.indexOf('## Where we lose')).split('\n')
    expect(losses.filter(line => /^- .*: .*cfsctl \d/.test(line))).toEqual([
      '- --help: 30 ms, cfsctl 4 ms',
      '- fsck rootfs: 0.40 s, cfsctl 0.30 s',
    ])
  })

  test('has a part for each kind of row', () => {
    expect([...page.matchAll(/^### (.*)$/gm)].map(([, title]) => title)).toEqual([
      'Pull',
      'Pull from a registry',
      'Other commands',
      'Start-up',
      'Memory',
    ])
  })
})

test('a report survives its file', () => {
  expect(parseReport(JSON.stringify(report))).toEqual(report)
})

test('a report of another release is refused', () => {
  expect(() => parseReport('{"version":0}')).toThrow('another release')
})
