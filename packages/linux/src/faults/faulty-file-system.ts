import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import type { FaultPlan } from './fault-plan.ts'
import { pathOf } from './faulty-system.ts'

/** What of `node:fs` can fail: one system call each, or a few. */
export const FILE_SYSTEM_CALLS = [
  'accessSync',
  'closeSync',
  'copyFileSync',
  'fchmodSync',
  'fstatSync',
  'fsyncSync',
  'linkSync',
  'lstatSync',
  'mkdirSync',
  'openSync',
  'opendirSync',
  'readFileSync',
  'readSync',
  'readdirSync',
  'readlinkSync',
  'renameSync',
  'rmSync',
  'rmdirSync',
  'statSync',
  'statfsSync',
  'symlinkSync',
  'unlinkSync',
  'writeSync',
] as const

type FileSystemCall = (...parameters: unknown[]) => unknown

/**
 * Makes functions of `node:fs` fail as a plan says, for the whole process, until the result is disposed of. Only the
 * synchronous ones that a repository calls. For tests: what runs beside them in the process fails, too, unless the plan
 * names a directory.
 *
 * @example
 * using _faults = injectFileSystemFaults(new FaultPlan({ nth: 5, code: 'ENOSPC', within: directory }))
 */
export function injectFileSystemFaults(plan: FaultPlan): Disposable {
  const functions = fs as unknown as Record<string, FileSystemCall>
  const originals = FILE_SYSTEM_CALLS.map(
    name => [name, functions[name] as FileSystemCall] as const,
  )
  for (const [name, original] of originals) functions[name] = faulty(name, original, plan)
  // Named imports see the new functions from here on.
  syncBuiltinESMExports()
  return {
    [Symbol.dispose]() {
      for (const [name, original] of originals) functions[name] = original
      syncBuiltinESMExports()
    },
  }
}

function faulty(name: string, original: FileSystemCall, plan: FaultPlan): FileSystemCall {
  return (...parameters) => {
    try {
      plan.enter(name, pathOf(parameters))
    } catch (error) {
      // Linux has closed the file whatever it says.
      if (name === 'closeSync') original(...parameters)
      throw error
    }
    return original(...parameters)
  }
}
