import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll } from 'vitest'
import type { CommandRun, Ground } from './command-runs.ts'
import { bytesOf, runOurs } from './programs.ts'
import { makeSmallRepository, type SmallRepository } from './small-repository.ts'
import { temporaryDirectory } from './temporary.ts'

/** One run of a command, on its ground. */
export interface PreparedRun {
  readonly args: readonly string[]
  readonly input: Uint8Array | undefined
  readonly environment: Readonly<Record<string, string>>
}

/** Copies of one small repository, for the tests of a file. */
export interface Grounds {
  /** A new copy, and a directory to mount at. */
  make(): Ground
  /** Hands each run of a row to `run`; what was mounted is unmounted. */
  use(row: CommandRun, run: (prepared: PreparedRun) => void): void
}

const isRoot = process.getuid?.() === 0

/** Long enough for a machine that does a lot else, in ms. */
const TIMEOUT = 600_000

/** Makes a small repository before the tests of a `describe`. */
export function useGrounds(): Grounds {
  const work = temporaryDirectory()
  let small: SmallRepository
  let count = 0
  beforeAll(async () => {
    small = await makeSmallRepository(work)
  }, TIMEOUT)
  const make = (): Ground => {
    count += 1
    const repository = join(work, `r${count}`)
    const mountpoint = join(work, `m${count}`)
    cpSync(small.path, repository, { recursive: true, verbatimSymlinks: true })
    mkdirSync(mountpoint)
    return { ...small, repository, mountpoint, scratch: join(work, `s${count}`) }
  }
  return {
    make,
    use(row, run) {
      // Only root may mount, and without a mount there is nothing to see.
      if (row.mounts === true && !isRoot) return
      const ground = make()
      const environment = { CFSCTL_REPO: ground.repository }
      const input = row.input?.(ground)
      for (const args of row.before?.(ground) ?? []) {
        bytesOf(runOurs(['-q', ...args], undefined, environment))
      }
      try {
        for (const args of row.runs(ground)) run({ args, input, environment })
      } finally {
        if (row.mounts === true) runOurs(['umount', '--lazy', ground.mountpoint])
      }
    },
  }
}
