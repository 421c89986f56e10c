import { fstatSync, statSync } from 'node:fs'
import { LinuxError } from './errors.ts'
import { attempt } from './libc.ts'

const NS_GET_NSTYPE = 0xb703
const CLONE_NEWUSER = 0x1000_0000

/** Inode of the user namespace that the kernel starts with (PROC_USER_INIT_INO). */
const INITIAL_INODE = 0xefff_fffd

/** True for a process whose root is root: it is in no user namespace but the first one. */
export function isInitialUserNamespace(): boolean {
  try {
    return statSync('/proc/self/ns/user').ino === INITIAL_INODE
  } catch {
    // A kernel without user namespaces has no other.
    return true
  }
}

/**
 * Checks that an open file stands for a user namespace that can map owners: the first one cannot.
 *
 * @throws LinuxError ERR_LINUX_BAD_USER_NAMESPACE
 */
export function assertMapsOwners(file: number, path: string): void {
  if (attempt(c => c.ioctlNumber(file, NS_GET_NSTYPE, 0)) !== CLONE_NEWUSER) {
    throw badNamespace(`${path} is no user namespace, such as /proc/PID/ns/user`, path)
  }
  if (fstatSync(file).ino === INITIAL_INODE) {
    throw badNamespace(`${path} is the initial user namespace, which maps nothing`, path)
  }
}

function badNamespace(message: string, path: string): LinuxError {
  return new LinuxError('ERR_LINUX_BAD_USER_NAMESPACE', message, { path })
}
