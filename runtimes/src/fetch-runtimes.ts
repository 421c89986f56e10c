// Fetches the executables of Deno and Bun for the tests: `pnpm --filter composefs-runtimes run fetch`. They are some
// 90 MB, so they are no dependency of the workspace.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fetchedExecutable, PACKAGED_RUNTIMES, type PackagedRuntime } from './runtimes.ts'

for (const runtime of PACKAGED_RUNTIMES) {
  const executable = fetchedExecutable(runtime)
  if (!existsSync(executable)) fetchRuntime(runtime, executable)
  console.log(executable)
}

function fetchRuntime(runtime: PackagedRuntime, executable: string): void {
  const directory = executable.slice(0, -runtime.executable.length - 1)
  mkdirSync(join(directory, '..'), { recursive: true })
  const work = mkdtempSync(`${directory}.`)
  try {
    const packed = run('npm', ['pack', '--silent', `${runtime.package}@${runtime.version}`], work)
    const file = join(work, packed.trim())
    const hash = createHash('sha512').update(readFileSync(file)).digest('base64')
    if (`sha512-${hash}` !== runtime.integrity) throw new Error(`${file}: another file than known`)
    run('tar', ['-xf', file], work)
    rmSync(directory, { recursive: true, force: true })
    renameSync(join(work, 'package'), directory)
  } finally {
    rmSync(work, { recursive: true })
  }
}

function run(command: string, args: readonly string[], cwd: string): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  return stdout
}
