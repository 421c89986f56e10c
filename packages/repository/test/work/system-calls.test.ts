import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SHA256 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { describe, expect, test } from 'vitest'
import { initRepository } from '../../src/index.ts'
import { temporaryDirectory } from '../directories.ts'

const hasStrace = spawnSync('strace', ['-c', 'true']).status === 0

/** How often a program that stores `count` objects makes each call. */
function callsOf(path: string, first: number, count: number): Map<string, number> {
  const program = fileURLToPath(new URL('put-objects.ts', import.meta.url))
  const flags = ['--conditions=composefs-source', '--no-warnings']
  const log = join(temporaryDirectory(), 'log')
  execFileSync('strace', [
    ...['-f', '-qq', '-o', log, '-e', 'trace=file,desc'],
    ...[process.execPath, ...flags, program, path, String(first), String(count)],
  ])
  const counts = new Map<string, number>()
  for (const [, call = ''] of readFileSync(log, 'latin1').matchAll(/^\d+ +([a-z0-9_]+)\(/gm)) {
    counts.set(call, (counts.get(call) ?? 0) + 1)
  }
  return counts
}

describe.skipIf(!hasStrace)('system calls of an object (needs strace)', () => {
  test('are few: look, make, write, name', async () => {
    const path = join(temporaryDirectory(), 'repository')
    await initRepository(path, { system: linuxSystem, algorithm: SHA256, insecure: true })
    const first = 2000
    // Every directory of objects is there, and what is done once for each is in both.
    callsOf(path, 0, first)
    const few = callsOf(path, first, 500)
    const more = callsOf(path, first + 500, 1500)
    // What belongs to the start of a program is in both.
    const each = (call: string) => ((more.get(call) ?? 0) - (few.get(call) ?? 0)) / 1000
    // The two directories above it are looked at before each write.
    const calls = { statx: 3, openat: 1, write: 1, linkat: 1, close: 1 }
    for (const [call, count] of Object.entries(calls)) {
      expect([call, Math.round(each(call))]).toEqual([call, count])
    }
    const all = [...more.keys()].reduce((sum, call) => sum + each(call), 0)
    expect(all).toBeLessThan(8)

    const some = callsOf(path, first, 500)
    const present = callsOf(path, first, 1500)
    const difference = (call: string) => (present.get(call) ?? 0) - (some.get(call) ?? 0)
    expect(Math.round(difference('statx') / 1000)).toBe(3)
    for (const call of ['linkat', 'write']) expect(difference(call)).toBeLessThan(200)
  })
})
