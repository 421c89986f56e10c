import { closeSync, fstatSync, openSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { linuxSystem } from '@composefs/linux'
import { afterAll, describe, expect, test } from 'vitest'
import { initRepository, isRepositoryError, openRepository, type System } from '../src/index.ts'
import { acquireLock } from '../src/lock.ts'
import { lockHolders, parseLocks } from '../src/lock-holders.ts'
import { codeOf } from './code-of.ts'
import { temporaryDirectory } from './directories.ts'
import { mountBtrfs } from './file-system.ts'
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
        void setTimeout(50).then(() => controller.abort(new Error('enough')))
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

describe('an exclusive lock', () => {
  test('can be had from the start', async () => {
    const path = await newRepository()
    const repository = await openRepository(path, { system, lock: 'exclusive' })
    expect(repository.lock).toBe('exclusive')
    expect(repository.objects.put(new Uint8Array(3)).isNew).toBe(true)
    const open = () => openRepository(path, { system, lockTimeoutSeconds: 0 })
    expect(await codeOf(open)).toBe('ERR_REPOSITORY_LOCKED')
    await repository.changeLock({ mode: 'shared' })
    await (await open()).close()
    await repository.close()
    expect(repository.lock).toBe('none')
  })

  test('becomes a shared one at once, although somebody waits to be alone', async () => {
    const path = await newRepository()
    await using repository = await openRepository(path, { system, lock: 'exclusive' })
    const waiting = openRepository(path, { system, lock: 'exclusive' })
    await repository.changeLock({ mode: 'shared', timeoutSeconds: 0 })
    expect(repository.lock).toBe('shared')
    await repository.close()
    await (await waiting).close()
  })

  test('that cannot be had leaves the shared one', async () => {
    const path = await newRepository()
    await using _reader = await openRepository(path, { system })
    await using repository = await openRepository(path, { system })
    const change = () => repository.changeLock({ mode: 'exclusive', timeoutSeconds: 0 })
    expect(await codeOf(change)).toBe('ERR_REPOSITORY_LOCKED')
    expect(repository.lock).toBe('shared')
    const open = () => openRepository(path, { system, lock: 'exclusive', lockTimeoutSeconds: 0 })
    expect(await codeOf(open)).toBe('ERR_REPOSITORY_LOCKED')
  })

  test('that cannot be had, and no shared one either, leaves a repository that is not written', async () => {
    const path = await newRepository()
    let isTaken = false
    const contended: System = {
      ...system,
      tryLock: (file, mode) => !isTaken && system.tryLock(file, mode),
    }
    await using repository = await openRepository(path, { system: contended })
    isTaken = true
    const change = () => repository.changeLock({ mode: 'exclusive', timeoutSeconds: 0 })
    expect(await codeOf(change)).toBe('ERR_REPOSITORY_LOCKED')
    expect(repository.lock).toBe('none')
    expect(() => repository.objects.put(new Uint8Array(1))).toThrow(TypeError)
    isTaken = false
    await repository.changeLock({ mode: 'shared' })
    expect(repository.objects.put(new Uint8Array(1)).isNew).toBe(true)
  })

  test('is there for writing: without a lock nothing is written', async () => {
    const path = await newRepository()
    await using repository = await openRepository(path, { system, lock: 'none' })
    expect(() => repository.objects.put(new Uint8Array(1))).toThrow(TypeError)
    const write = () => openRepository(path, { system, lock: 'none', mode: 'write' })
    await expect(write()).rejects.toThrow(TypeError)
  })

  test('of two who share first is had by one after the other', async () => {
    const path = await newRepository()
    const repositories = await Promise.all([1, 2].map(() => openRepository(path, { system })))
    const order: string[] = []
    await Promise.all(
      repositories.map(async repository => {
        await repository.changeLock({ mode: 'exclusive' })
        order.push('in')
        await setTimeout(5)
        order.push('out')
        await repository.close()
      }),
    )
    expect(order).toEqual(['in', 'out', 'in', 'out'])
  })

  test('comes although there is always somebody who shares', async () => {
    const path = await newRepository()
    let isOver = false
    let opened = 0
    // Each keeps the one before until the next is open, or for 20 ms: the lock is hardly ever free.
    const crowd = async () => {
      let last = await openRepository(path, { system })
      while (!isOver) {
        const next = openRepository(path, { system })
        await setTimeout(20)
        await last.close()
        last = await next
        opened++
      }
      await last.close()
    }
    const crowds = [crowd(), crowd(), crowd()]
    const collector = await openRepository(path, { system, lock: 'exclusive' })
    const before = opened
    await setTimeout(50)
    expect(opened).toBe(before)
    isOver = true
    await collector.close()
    await Promise.all(crowds)
  })
})

describe('the turnstile', () => {
  test('is held while waiting to be alone, and by nobody afterwards', async () => {
    const path = await newRepository()
    const reader = await openRepository(path, { system })
    const waiting = openRepository(path, { system, lock: 'exclusive' })
    const meta = openSync(join(path, 'meta.json'), 'r')
    await expect.poll(() => system.tryLock(meta, 'shared')).toBe(false)
    await reader.close()
    const alone = await waiting
    expect(system.tryLock(meta, 'exclusive')).toBe(true)
    closeSync(meta)
    await alone.close()
  })

  test('keeps nobody out for ever, and with no time to wait for no time', async () => {
    const path = await newRepository()
    const meta = openSync(join(path, 'meta.json'), 'r')
    expect(system.tryLock(meta, 'exclusive')).toBe(true)
    for (const lock of ['shared', 'exclusive'] as const) {
      await (await openRepository(path, { system, lock, lockTimeoutSeconds: 0.01 })).close()
      await (await openRepository(path, { system, lock, lockTimeoutSeconds: 0 })).close()
    }
    closeSync(meta)
  })

  test.each(['EBADF', 'ENOLCK', 'ENOSYS', 'EINVAL', 'ENOTSUP'])(
    'is done without where the file system refuses it: %s',
    async code => {
      const path = await newRepository()
      const { ino } = statSync(path)
      const refusing: System = {
        ...system,
        tryLock(file, mode) {
          if (fstatSync(file).ino === ino) return system.tryLock(file, mode)
          throw Object.assign(new Error(code), { code })
        },
      }
      await (await openRepository(path, { system: refusing, lock: 'exclusive' })).close()
    },
  )

  test('is done without in a repository that has no meta.json', async () => {
    const path = await newRepository()
    const repository = await openRepository(path, { system })
    repository.objects.put(new Uint8Array(1))
    await repository.close()
    unlinkSync(join(path, 'meta.json'))
    await (await openRepository(path, { system, lock: 'exclusive' })).close()
  })
})

const btrfs = mountBtrfs()
const why = 'reason' in btrfs ? `: ${btrfs.reason}` : ''

describe.skipIf('reason' in btrfs)(`on btrfs, whose devices have two numbers${why}`, () => {
  afterAll(() => {
    if (!('reason' in btrfs)) btrfs.unmount()
  })

  test('the holder of a lock is found, too', async () => {
    const path = join('reason' in btrfs ? '' : btrfs.path, 'repository')
    await initRepository(path, { system, insecure: true })
    const release = await holdLock(path, 'exclusive')
    const error = await openRepository(path, { system, lockTimeoutSeconds: 0 }).catch(e => e)
    expect(error.facts.holders).toMatchObject([{ pid: process.pid }])
    release()
    await (await openRepository(path, { system })).close()
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
    expect(parseLocks(text, { dev: 0xfe01n, ino })).toEqual({ sure: [708, 709], possible: [712] })
  })

  test('takes large device numbers apart as glibc does', () => {
    // makedev(0x12345, 0x6789a)
    const dev = 0x0001_2000_6783_459an
    const text = '1: FLOCK  ADVISORY  READ 5 12345:6789a:77 0 EOF'
    expect(parseLocks(text, { dev, ino: 77n })).toEqual({ sure: [5], possible: [] })
  })
})
