import { writeFileSync } from 'node:fs'

/** The kernel keeps the first 15 bytes. */
const COMM = '/proc/self/comm'

/**
 * Gives the process the name of what it does, for ps and for those who wait for a lock that it holds: by itself it
 * would be called after the thread of Node that runs it. The command line stays as it is.
 */
export function nameProcess(name: string): void {
  try {
    writeFileSync(COMM, name)
  } catch {
    // No /proc, or one that is read-only: then it has no name.
  }
}
