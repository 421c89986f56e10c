import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { linuxSystem } from '@composefs/linux'
import { openRepository } from '@composefs/repository'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { peer, runOurs, textOf } from './programs.ts'
import { startOurs } from './running.ts'

describe('cfsctl transaction', () => {
  const work = mkdtempSync(join(tmpdir(), 'cfsctl-transaction-'))
  const repository = join(work, 'r')
  beforeAll(() => void textOf(runOurs(['init', '--insecure', repository])))
  afterAll(() => rmSync(work, { recursive: true }))

  const start = () => {
    const running = startOurs(['--repo', repository, 'transaction'])
    return { ...running, [Symbol.dispose]: () => running.child.kill('SIGKILL') }
  }
  const alone = () =>
    openRepository(repository, { system: linuxSystem, lock: 'exclusive', lockTimeoutSeconds: 0 })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'keeps away who wants to be alone until %s, which is no error',
    async signal => {
      using running = start()
      await running.until(() => running.stderr().includes('holding the lock of '))
      await expect(alone()).rejects.toMatchObject({
        code: 'ERR_REPOSITORY_LOCKED',
        facts: { holders: [{ pid: running.child.pid, command: 'cfsctl transact' }] },
      })
      expect(runOurs(['--repo', repository, '--lock-timeout=0', 'cat', 'x']).status).toBe(3)
      running.child.kill(signal)
      const { status, stdout, stderr } = await running.ended
      expect([status, stdout.toString()]).toEqual([0, ''])
      expect(stderr.split('\n')).toHaveLength(2)
      await (await alone()).close()
    },
  )

  test('lets commands in although somebody waits to be alone', async () => {
    using running = start()
    await running.until(() => running.stderr().includes('holding the lock of '))
    const controller = new AbortController()
    const { signal } = controller
    const waiting = openRepository(repository, { system: linuxSystem, lock: 'exclusive', signal })
    const ended = waiting.catch(error => error)
    const command = startOurs(['--repo', repository, '--lock-timeout=2', 'cat', 'x'])
    const { status, stderr } = await command.ended
    expect(status).toBe(3)
    expect(stderr).toContain(
      `waiting for the lock of the repository, held by process ${process.pid} `,
    )
    controller.abort(new Error('enough'))
    expect(await ended).toBe(signal.reason)
    running.child.kill('SIGTERM')
    await running.ended
  })

  test.skipIf(peer === undefined)('keeps the gc of the peer away, too', async () => {
    using running = start()
    await running.until(() => running.stderr().includes('holding the lock of '))
    const collect = () => spawnSync('timeout', ['1', String(peer), '--repo', repository, 'gc'])
    // What timeout says of what it ended.
    expect(collect().status).toBe(124)
    running.child.kill('SIGTERM')
    await running.ended
    expect(collect().status).toBe(0)
  })
})
