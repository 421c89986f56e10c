// Runs in the machine: checks what the last power cut left on the disk, then works until the next one.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SHA256 } from '../../packages/fsverity/src/index.ts'
import { linuxSystem } from '../../packages/linux/src/index.ts'
import { initRepository } from '../../packages/repository/src/index.ts'
import { checkAfterCut } from './guest-check.ts'
import { GuestRepository, tell } from './guest-repository.ts'
import { FRESH, workForEver } from './guest-work.ts'
import type { GuestTask } from './messages.ts'

const task = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as GuestTask
const secure = new GuestRepository('secure', task)
const plain = new GuestRepository('plain', task)
try {
  for (const repository of [secure, plain]) {
    await repository.init()
    tell({ kind: 'checked', ...(await checkAfterCut(repository, task)) })
  }
  // What was cut off in the middle of its making can be made.
  const fresh = join(task.directory, FRESH)
  await initRepository(fresh, { system: linuxSystem, algorithm: SHA256, ensure: true })
  rmSync(fresh, { recursive: true })
  if (task.thenWork) {
    tell({ kind: 'work' })
    await workForEver({ secure, plain }, task)
  }
} catch (error) {
  tell({ kind: 'failed', reason: error instanceof Error ? `${error.stack}` : String(error) })
  process.exitCode = 1
}
