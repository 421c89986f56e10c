import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'vitest'

/** What must not grow: open files and children of this process. */
function held(): { files: number; children: string[] } {
  return { files: readdirSync('/proc/self/fd').length, children: children() }
}

function children(): string[] {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name) && parentOf(name) === process.pid)
}

function parentOf(pid: string): number | undefined {
  try {
    // The name of the program, in parentheses, may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return Number(fields[1])
  } catch {
    return undefined
  }
}

/** Does something that must leave no descriptor open and no process behind. */
export async function withoutLeaks<T>(act: () => Promise<T>): Promise<T> {
  // The first child of a process makes Node open descriptors that it keeps.
  await once(spawn('true', { stdio: 'ignore' }), 'exit')
  const before = held()
  try {
    return await act()
  } finally {
    // Node closes what it was told to close a turn later.
    await expect.poll(held, { timeout: 3000 }).toEqual(before)
  }
}
