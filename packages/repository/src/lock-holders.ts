import { fstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { isErrno } from './errors.ts'
import type { FileDescriptor } from './system.ts'

/** A process that holds a lock. */
export interface LockHolder {
  readonly pid: number
  /** Its command name, which the process itself chose: not to be printed raw. Empty when it is gone. */
  readonly command: string
}

/** What tells a file from all others. */
interface FileIdentity {
  readonly dev: bigint
  readonly ino: bigint
}

/** Who holds an flock of this file; nobody where /proc does not say. */
export function lockHolders(file: FileDescriptor): LockHolder[] {
  const identity = fstatSync(file, { bigint: true })
  const { sure, possible } = parseLocks(readProc('/proc/locks'), identity)
  // btrfs tells another device here than stat does.
  const pids = sure.length > 0 ? sure : possible.filter(pid => hasOpen(pid, identity))
  return pids.map(pid => ({ pid, command: readProc(`/proc/${pid}/comm`).trimEnd() }))
}

/**
 * Processes in the text of /proc/locks that hold an flock of one file, or of one on another device with the same inode
 * number. Lines read `1: FLOCK  ADVISORY  WRITE 708 00:2a:12843 0 EOF`; those of waiting processes have `->` after the
 * number.
 */
export function parseLocks(
  text: string,
  file: FileIdentity,
): { readonly sure: number[]; readonly possible: number[] } {
  const sure = new Set<number>()
  const possible = new Set<number>()
  for (const line of text.split('\n')) {
    const match = /^\d+: FLOCK +\S+ +\S+ +(\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /.exec(line)
    if (match === null) continue
    const [, pid, major, minor, inode] = match
    // The lock of a process in another pid namespace has pid 0.
    if (BigInt(inode ?? '') !== file.ino || pid === '0') continue
    const isSameDevice =
      BigInt(`0x${major}`) === majorOf(file.dev) && BigInt(`0x${minor}`) === minorOf(file.dev)
    const found = isSameDevice ? sure : possible
    found.add(Number(pid))
  }
  return { sure: [...sure], possible: [...possible] }
}

/** True when a process has a file open, as far as we may see that. */
function hasOpen(pid: number, file: FileIdentity): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some(name => {
      const status = statSync(`/proc/${pid}/fd/${name}`, { bigint: true, throwIfNoEntry: false })
      return status?.dev === file.dev && status.ino === file.ino
    })
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES', 'EPERM', 'ESRCH')) return false
    throw error
  }
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
