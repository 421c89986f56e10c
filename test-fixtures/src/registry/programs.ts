import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Why tests that need these programs cannot run, for the title of a `describe.skipIf`; undefined where all are there. */
export function missingPrograms(...programs: readonly string[]): string | undefined {
  const missing = programs.filter(program => !isInstalled(program))
  if (missing.length === 0) return undefined
  return `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed`
}

function isInstalled(program: string): boolean {
  const directories = (process.env.PATH ?? '').split(delimiter)
  return directories.some(directory => existsSync(join(directory, program)))
}

/** Runs a program that has to succeed, and gives what it printed. */
export function runProgram(program: string, args: readonly string[]): string {
  const run = spawnSync(program, args, { encoding: 'utf8' })
  if (run.error !== undefined) throw run.error
  if (run.status !== 0) {
    throw new Error(`${program} ended with ${run.status ?? run.signal}: ${run.stderr}`)
  }
  return run.stdout
}
