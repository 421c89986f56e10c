import { closeSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { linuxSystem } from '@composefs/linux'
import { describe, expect, test } from 'vitest'
import { initRepository, isRepositoryError, openRepository } from '../src/index.ts'
import { acquireLock, lockHolders, parseLocks } from '../src/lock.ts'
import { codeOf } from './code-of.ts'
import { temporaryDirectory } from './directories.ts'
import { SimulatedSystem } from './simulated-system.ts'

const system = linuxSystem

async function newRepository(): Promise<string> {
  const path = join(temporaryDirectory(), 'repository')
  await initRepository(path, { system, insecure: true })
  return path
}

/** Holds a lock of the directory, as another process would: through an open file of its own. */
async function holdLock(path: string, mode: 'shared' | 'exclusive'): Promise<() => void> {
  const file = openSync(path, 'r')
  await acquireLock(file, { system, mode })
  return () => closeSync(file)
}

describe('the lock of a repository', () => {
  test('is shared by those who have it open', async () => {
    const path = await newRepository()
    await using _one = await openRepository(path, { system, lockTimeoutSeconds: 0 })
    await using two = await openRepository(path, { system, lockTimeoutSeconds: 0 })
    const exclusive = () => two.changeLock({ mode: 'exclusive', timeoutSeconds: 0 })
    expect(await codeOf(exclusive)).toBe('ERR_REPOSITORY_LOCKED')
  })

  test('keeps everybody out while it is exclusive, and is given back on closing', async () => {
    const path = await newRepository()
    const collector = await openRepository(path, { system })
    await collector.changeLock({ mode: 'exclusive' })
    const open = () => openRepository(path, { system, lockTimeoutSeconds: 0.05 })
    expect(await codeOf(open)).toBe('ERR_REPOSITORY_LOCKED')
    await using _unlocked = await openRepository(path, { system, lock: 'none' })
    const waiting = openRepository(path, { system })
    await collector.close()
    await (await waiting).close()
  })

  test('that is held names its holder', async () => {
    const path = await newRepository()
    const release = await holdLock(path, 'exclusive')
    const error = await openRepository(path, { system, lockTimeoutSeconds: 0 }).catch(e => e)
    expect(isRepositoryError(error, 'ERR_REPOSITORY_LOCKED') && error.facts.holders).toEqual([
      { pid: process.pid, command: expect.stringMatching(/./) },
    ])
    release()
    const file = openSync(path, 'r')
    expect(lockHolders(file)).toEqual([])
    closeSync(file)
  })

  test('announces a long wait once, and the wait ends by abort', async () => {
    const path = await newRepository()
    const release = await holdLock(path, 'exclusive')
    const controller = new AbortController()
    const announced: number[] = []
    const waiting = openRepository(path, {
      system,
      signal: controller.signal,
      onWait(holders) {
        announced.push(holders.length)
        setTimeout(() => controller.abort(new Error('enough')), 50)
      },
    })
    await expect(waiting).rejects.toThrow('enough')
    expect(announced).toEqual([1])
    release()
  })

  test('is not waited for when the signal is aborted already', async () => {
    const path = await newRepository()
    const signal = AbortSignal.abort(new Error('no'))
    const locked = new SimulatedSystem({ isLocked: true })
    await expect(openRepository(path, { system: locked, signal })).rejects.toThrow('no')
    await expect(initRepository(path, { system: locked, signal })).rejects.toThrow('no')
  })

  test('is exclusive for a reset', async () => {
    const path = await newRepository()
    await using _reader = await openRepository(path, { system })
    const init = (resetMetadata: boolean) =>
      initRepository(path, { system, insecure: true, resetMetadata, lockTimeoutSeconds: 0 })
    expect(await codeOf(() => init(true))).toBe('ERR_REPOSITORY_LOCKED')
    expect((await init(false)).status).toBe('already')
  })
})

describe('parseLocks', () => {
  test('finds the holders of an flock of one file', () => {
    const { ino } = statSync('/', { bigint: true })
    const text = [
      `1: FLOCK  ADVISORY  WRITE 708 fe:01:${ino} 0 EOF`,
      `2: FLOCK  ADVISORY  READ 709 fe:01:${ino} 0 EOF`,
      `2: -> FLOCK  ADVISORY  WRITE 710 fe:01:${ino} 0 EOF`,
      `3: POSIX  ADVISORY  WRITE 711 fe:01:${ino} 0 EOF`,
      `4: FLOCK  ADVISORY  WRITE 712 fe:02:${ino} 0 EOF`,
      `5: FLOCK  ADVISORY  WRITE 713 fe:01:1${ino} 0 EOF`,
      `6: FLOCK  ADVISORY  READ 709 fe:01:${ino} 0 EOF`,
      `7: FLOCK  ADVISORY  READ 0 fe:01:${ino} 0 EOF`,
      'something else',
      '',
    ].join('\n')
    expect(parseLocks(text, { dev: 0xfe01n, ino })).toEqual([708, 709])
  })

  test('takes large device numbers apart as glibc does', () => {
    // makedev(0x12345, 0x6789a)
    const dev = 0x0001_2000_6783_459an
    const text = '1: FLOCK  ADVISORY  READ 5 12345:6789a:77 0 EOF'
    expect(parseLocks(text, { dev, ino: 77n })).toEqual([5])
  })
})
