import { fstatSync, readFileSync } from 'node:fs'
import { isErrno } from './errors.ts'
import type { FileDescriptor } from './system.ts'

/** A process that holds a lock. */
export interface LockHolder {
  readonly pid: number
  /** Its command name, which the process itself chose: not to be printed raw. Empty when it is gone. */
  readonly command: string
}

/** Who holds an flock of this file; nobody where /proc does not say. */
export function lockHolders(file: FileDescriptor): LockHolder[] {
  const { dev, ino } = fstatSync(file, { bigint: true })
  return parseLocks(readProc('/proc/locks'), { dev, ino }).map(pid => ({
    pid,
    command: readProc(`/proc/${pid}/comm`).trimEnd(),
  }))
}

/**
 * Processes in the text of /proc/locks that hold an flock of one file. Lines read
 * `1: FLOCK  ADVISORY  WRITE 708 00:2a:12843 0 EOF`; those of waiting processes have `->` after the number.
 */
export function parseLocks(
  text: string,
  file: { readonly dev: bigint; readonly ino: bigint },
): number[] {
  const pids = new Set<number>()
  for (const line of text.split('\n')) {
    const match = /^\d+: FLOCK +\S+ +\S+ +(\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /.exec(line)
    if (match === null) continue
    const [, pid, major, minor, inode] = match
    const isSame =
      BigInt(`0x${major}`) === majorOf(file.dev) &&
      BigInt(`0x${minor}`) === minorOf(file.dev) &&
      BigInt(inode ?? '') === file.ino
    // The lock of a process in another pid namespace has pid 0.
    if (isSame && pid !== '0') pids.add(Number(pid))
  }
  return [...pids]
}

/** glibc's gnu_dev_major: twelve bits from bit 8, the others from bit 32. */
function majorOf(dev: bigint): bigint {
  return ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n)
}

function minorOf(dev: bigint): bigint {
  return (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n)
}

function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    // No /proc, or the process has ended.
    if (isErrno(error, 'ENOENT', 'EACCES', 'ESRCH')) return ''
    throw error
  }
}
