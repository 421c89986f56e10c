import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Runs the first TypeScript example in the README of a package, and gives what it prints. */
export function runReadmeExample(packageDirectory: string, options: { cwd?: string } = {}): string {
  const readme = readFileSync(join(packageDirectory, 'README.md'), 'utf8')
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
  if (example === undefined) throw new Error(`no example in ${packageDirectory}`)
  // Beside the tests, so that the packages are found as they are by a user.
  const script = join(packageDirectory, 'test', `example.${process.pid}.ts`)
  writeFileSync(script, example)
  try {
    const run = spawnSync(process.execPath, ['--conditions=composefs-source', script], {
      ...options,
      encoding: 'utf8',
    })
    if (run.status !== 0 || run.stderr !== '') throw new Error(run.stderr || `status ${run.status}`)
    return run.stdout
  } finally {
    rmSync(script)
  }
}
