import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { runOurs, textOf } from './programs.ts'
import { startOurs, until } from './running.ts'
import { temporaryDirectory } from './temporary.ts'

describe('Ctrl-C, where a program that was started does not end by itself', {
  timeout: 300_000,
}, () => {
  const work = temporaryDirectory()
  const repository = join(work, 'r')
  const skopeo = join(work, 'skopeo')
  beforeAll(() => {
    textOf(runOurs(['init', '--insecure', repository]))
    // It does not hear of anything but SIGKILL, and says who it is.
    const script = `#!/bin/sh\ntrap '' TERM INT HUP\necho $$ > ${work}/pid.$CASE\nwhile :; do sleep 1; done\n`
    writeFileSync(skopeo, script)
    chmodSync(skopeo, 0o755)
  })

  /** A pull that waits for an answer of that program, whose process group is `group`. */
  async function start(name: string) {
    const file = join(work, `pid.${name}`)
    const args = ['--repo', repository, 'oci', 'pull', '--skopeo', skopeo, 'dir:/image']
    const running = startOurs(args, { CASE: name })
    await running.until(() => existsSync(file) && readFileSync(file, 'utf8') !== '')
    const group = Number(readFileSync(file, 'utf8'))
    return { ...running, group, isThere: () => isAlive(group) }
  }

  test('once: it is ended, and nothing is left', async () => {
    const { child, ended, isThere } = await start('once')
    child.kill('SIGINT')
    const { status, stderr } = await ended
    expect([status, stderr.trimEnd().split('\n').at(-1)]).toEqual([130, 'error: interrupted'])
    await until(() => !isThere())
    expect(textOf(runOurs(['--repo', repository, 'fsck']))).toMatch(/^status: ok$/m)
  })

  test('twice: the second one does not wait for it', async () => {
    const { child, ended, group, isThere } = await start('twice')
    child.kill('SIGINT')
    await new Promise(resolve => setTimeout(resolve, 300))
    child.kill('SIGINT')
    const { status, stderr } = await ended
    try {
      expect([status, stderr.includes('interrupted')]).toEqual([130, false])
      // It was left to itself.
      expect(isThere()).toBe(true)
    } finally {
      if (isThere()) process.kill(-group, 'SIGKILL')
    }
    expect(textOf(runOurs(['--repo', repository, 'fsck']))).toMatch(/^status: ok$/m)
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
