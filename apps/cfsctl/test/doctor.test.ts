import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Check } from '../src/doctor/check.ts'
import { checkKernel, checkNode } from '../src/doctor/machine-checks.ts'
import { checkMounts } from '../src/doctor/mount-checks.ts'
import { bytesOf, type Outcome, runOurs, textOf } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'

const IDS = [
  'node',
  'kernel',
  'erofs-file',
  'overlay-data-layers',
  'overlay-verity',
  'fs-verity',
  'fuse',
  'skopeo',
  'user-namespaces',
]

function checksOf(outcome: Outcome): Record<string, Check> {
  const { schema, checks } = JSON.parse(outcome.stdout.toString()) as {
    schema: string
    checks: Check[]
  }
  expect(schema).toBe('cfsctl.doctor/1')
  expect(checks.map(({ id }) => id)).toEqual(IDS)
  return Object.fromEntries(checks.map(check => [check.id, check]))
}

describe('doctor', { timeout: 300_000 }, () => {
  const work = temporaryDirectory()
  const nowhere = join(work, 'not/yet')

  test('needs no repository and leaves nothing', () => {
    const directory = temporaryDirectory()
    const before = readFileSync('/proc/self/mountinfo', 'utf8')
    const outcome = runOurs(['--json', '--repo', nowhere, 'doctor'], undefined, {
      TMPDIR: directory,
    })
    const checks = checksOf(outcome)
    expect(outcome.stderr).toBe(outcome.status === 0 ? '' : expect.stringContaining('"exit":5'))
    expect(checks.node).toEqual({
      id: 'node',
      status: 'ok',
      detail: process.versions.node,
      hint: null,
    })
    expect(checks.kernel?.detail).toMatch(/^Linux \d+\.\d+/)
    // The place where it would be made is the nearest directory that is there.
    expect(checks['fs-verity']?.detail).toContain(work)
    expect(readdirSync(directory)).toEqual([])
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(before)
    expect(existsSync(nowhere)).toBe(false)
  })

  test('the status tells whether mounting works', () => {
    const outcome = runOurs(['--json', '--no-repo', 'doctor'])
    const failed = Object.values(checksOf(outcome)).filter(({ status }) => status === 'fail')
    expect(outcome.status).toBe(failed.length === 0 ? 0 : 5)
  })

  test('as text it is a table, with hints on standard error unless it is quiet', () => {
    const outcome = runOurs(['--no-repo', 'doctor', '--skopeo', '/nowhere', '--format', 'plain'])
    const rows = outcome.stdout.toString().trimEnd().split('\n')
    expect(rows.map(row => row.split('\t')[0])).toEqual(IDS)
    expect(rows[7]).toMatch(/^skopeo\twarn\t\/nowhere cannot be started/)
    expect(outcome.stderr).toMatch(/^hint: skopeo: install skopeo/m)
    const quiet = runOurs(['-q', '--no-repo', 'doctor', '--skopeo', '/nowhere'])
    expect(quiet.stderr).toBe(quiet.status === 0 ? '' : expect.stringMatching(/^error: /))
  })

  test('looks at the repository there is', () => {
    const repository = join(work, 'r')
    bytesOf(runOurs(['init', '--insecure', repository]))
    const { status, detail } = checksOf(runOurs(['--json', '--repo', repository, 'doctor']))[
      'fs-verity'
    ] as Check
    expect([status, detail]).toEqual([
      'warn',
      expect.stringContaining(`the repository at ${repository} does not have it`),
    ])
  })

  test('skopeo tells the version of its protocol, or why it does not', () => {
    const program = join(work, 'skopeo')
    const look = (script: string) => {
      writeFileSync(program, `#!/bin/sh\n${script}\n`)
      chmodSync(program, 0o755)
      return checksOf(runOurs(['--json', '--no-repo', 'doctor', `--skopeo=${program}`])).skopeo
    }
    expect(look('echo unknown command; exit 1')).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining('ended with status 1'),
    })
    expect(look('exit 0')?.status).toBe('warn')
  })

  test('a HOME that is not set is no reason to fail', () => {
    const outcome = runOurs(['--json', '--user', 'doctor'], undefined, { HOME: '' })
    expect(checksOf(outcome)['fs-verity']).toMatchObject({
      status: 'warn',
      detail: 'not tried: no repository is chosen',
    })
  })

  test('is in the help of cfsctl', () => {
    expect(textOf(runOurs(['doctor', '--help']))).toMatch(/exit status/i)
  })
})

describe('the checks', () => {
  test('of Node', () => expect(checkNode().status).toBe('ok'))

  test.each([
    ['Linux', '6.12.0', 'ok', null],
    ['Linux', '7.0.1-rc1', 'ok', null],
    ['Linux', '6.6.30', 'warn', /^from 6.12 on images/],
    ['Linux', '6.1.0-44-amd64', 'warn', /6\.5.*6\.6.*6\.12/],
    ['Linux', '5.15.0', 'warn', /6\.1 and newer/],
    ['Darwin', '24.0.0', 'fail', /mounted by Linux/],
  ])('of the kernel: %s %s is %s', (system, version, status, hint) => {
    const check = checkKernel(system, version)
    expect(check).toMatchObject({ id: 'kernel', status })
    if (hint === null) expect(check.hint).toBeNull()
    else expect(check.hint).toMatch(hint)
  })

  const works = { outcome: 'works' } as const
  const untried = { outcome: 'untried' } as const
  const failing = (code: string, message: string) => ({
    outcome: 'fails' as const,
    error: Object.assign(new Error(message), { code }),
  })
  const noVerity = {
    outcome: 'fails',
    error: Object.assign(new Error('no'), {
      name: 'LinuxError',
      code: 'ERR_LINUX_NO_OVERLAY_VERITY',
    }),
  } as const
  const erofs = { ...works, device: 'file' } as const
  const loop = { ...works, device: 'loop' } as const
  const overlay = (form: 'A' | 'B' | 'D') => ({ ...works, form, wasRead: form === 'A' }) as const

  test.each([
    ['all works', { erofs, overlay: overlay('A'), verity: works }, false, 'ok ok ok'],
    ['Linux 6.8', { erofs: loop, overlay: overlay('B'), verity: works }, false, 'warn ok ok'],
    ['6.1', { erofs: loop, overlay: overlay('D'), verity: noVerity }, false, 'warn warn warn'],
    [
      '6.1, secure',
      { erofs: loop, overlay: overlay('D'), verity: noVerity },
      true,
      'warn warn fail',
    ],
    [
      'no erofs',
      { erofs: failing('ENODEV', 'ENODEV: no such device'), overlay: untried, verity: untried },
      true,
      'fail warn warn',
    ],
    [
      'no root',
      {
        erofs: { ...failing('EPERM', 'no'), outcome: 'denied' as const },
        overlay: untried,
        verity: untried,
      },
      true,
      'warn warn warn',
    ],
    ['EIO', { erofs, overlay: failing('EIO', 'EIO'), verity: untried }, false, 'ok fail warn'],
  ])('of mounting: %s', (_, trials, needsVerity, statuses) => {
    const checks = checkMounts(needsVerity, () => trials)
    expect(checks.map(({ status }) => status).join(' ')).toBe(statuses)
    if (statuses.startsWith('fail')) expect(checks[0]?.hint).toBe('modprobe erofs loads it')
  })
})
