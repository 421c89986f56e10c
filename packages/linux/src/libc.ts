import { EINTR, type SystemErrorDetails, systemError } from './errno.ts'
import { LinuxError } from './errors.ts'
import { type Koffi, loadKoffi } from './koffi.ts'

/** A NUL-terminated string, or a buffer that the call reads or writes in place. */
export type Bytes = Uint8Array | null

/**
 * The C library as far as this package calls it. Each function returns what C returns; `call` turns -1 into an error.
 *
 * Variadic functions are declared with the types they are called with: on x64 and arm64 Linux integers and pointers
 * travel in the same registers either way.
 */
export interface Libc {
  close(file: number): number
  flock(file: number, operation: number): number
  ioctl(file: number, request: number, argument: Bytes): number
  /** An ioctl whose argument is a number, not an address. */
  ioctlNumber(file: number, request: number, argument: number): number
  lgetxattr(path: Bytes, name: Bytes, value: Bytes, size: number): number
  linkat(fromAt: number, from: Bytes, toAt: number, to: Bytes, flags: number): number
  llistxattr(path: Bytes, list: Bytes, size: number): number
  lremovexattr(path: Bytes, name: Bytes): number
  lsetxattr(path: Bytes, name: Bytes, value: Bytes, size: number, flags: number): number
  recvmsg(socket: number, header: Bytes, flags: number): number
  sendmsg(socket: number, header: Bytes, flags: number): number
  socketpair(domain: number, type: number, protocol: number, out: Bytes): number
  statfs(path: Bytes, out: Bytes): number
  syncfs(file: number): number
  umount2(path: Bytes, flags: number): number
  /** System calls without a function in every C library that Node runs on. */
  fsconfig(context: number, command: number, key: Bytes, value: Bytes, extra: number): number
  fsmount(context: number, flags: number, attributes: number): number
  fsopen(type: Bytes, flags: number): number
  mknodat(at: number, path: Bytes, mode: number, device: number): number
  mountSetattr(at: number, path: Bytes, flags: number, attributes: Bytes, size: number): number
  moveMount(fromAt: number, from: Bytes, toAt: number, to: Bytes, flags: number): number
  renameat2(fromAt: number, from: Bytes, toAt: number, to: Bytes, flags: number): number
  statx(at: number, path: Bytes, flags: number, mask: number, out: Bytes): number
  /** errno of the call just made. */
  errno(): number
  /** Where a buffer lies, for structs that point to others. It must stay referenced until the call is over. */
  address(buffer: ArrayBuffer): bigint
}

/** Numbers of the calls that go through syscall(2). The newer ones are the same everywhere. */
const CALL_NUMBERS: Readonly<Record<string, CallNumbers>> = {
  x64: { mknodat: 259, renameat2: 316, statx: 332 },
  arm64: { mknodat: 33, renameat2: 276, statx: 291 },
}

interface CallNumbers {
  readonly mknodat: number
  readonly renameat2: number
  readonly statx: number
}

let loaded: Libc | undefined

/**
 * The C library of this process, loaded at the first call.
 *
 * @throws LinuxError ERR_LINUX_UNAVAILABLE
 */
export function libc(): Libc {
  loaded ??= load()
  return loaded
}

/**
 * Makes one call and returns its result, which is not negative. A call that a signal interrupted is made again: the
 * signals of Node come to the process between calls.
 *
 * @throws the call's error, Node-shaped
 */
export function call(
  syscall: string,
  details: SystemErrorDetails,
  make: (c: Libc) => number,
): number {
  const result = attempt(make)
  if (result < 0) throw systemError(-result, syscall, details)
  return result
}

/**
 * Closes a file that one of the calls above opened. `node:fs` keeps a list of the files that it opened in worker
 * threads and complains about others.
 */
export function closeNative(file: number): void {
  // Linux has closed the file whatever the result is.
  libc().close(file)
}

/** Makes one call and returns its result, or the negative errno, which is not EINTR. */
export function attempt(make: (c: Libc) => number): number {
  const c = libc()
  for (;;) {
    const result = make(c)
    if (result >= 0) return result
    const errno = c.errno()
    if (errno !== EINTR) return -errno
  }
}

function load(): Libc {
  const numbers = CALL_NUMBERS[process.arch]
  const facts = { platform: process.platform, architecture: process.arch }
  if (process.platform !== 'linux' || numbers === undefined) {
    throw new LinuxError(
      'ERR_LINUX_UNAVAILABLE',
      `there are no Linux system calls on ${process.platform} ${process.arch}`,
      facts,
    )
  }
  try {
    return bind(loadKoffi(), numbers)
  } catch (cause) {
    throw new LinuxError(
      'ERR_LINUX_UNAVAILABLE',
      'koffi, which makes the system calls, cannot be loaded',
      facts,
      { cause },
    )
  }
}

function bind(koffi: Koffi, numbers: CallNumbers): Libc {
  const library = koffi.load(null)
  const int = (name: string, ...parameters: string[]) => library.func(name, 'int', parameters)
  const long = (name: string, ...parameters: string[]) => library.func(name, 'long', parameters)
  const numbered = (number: number, ...parameters: string[]) =>
    library.func('syscall', 'long', ['long', ...parameters]).bind(null, number)
  const bytes = 'uint8_t *'
  return {
    close: int('close', 'int'),
    flock: int('flock', 'int', 'int'),
    ioctl: int('ioctl', 'int', 'unsigned long', bytes),
    ioctlNumber: int('ioctl', 'int', 'unsigned long', 'long'),
    lgetxattr: long('lgetxattr', bytes, bytes, bytes, 'size_t'),
    linkat: int('linkat', 'int', bytes, 'int', bytes, 'int'),
    llistxattr: long('llistxattr', bytes, bytes, 'size_t'),
    lremovexattr: int('lremovexattr', bytes, bytes),
    lsetxattr: int('lsetxattr', bytes, bytes, bytes, 'size_t', 'int'),
    recvmsg: long('recvmsg', 'int', bytes, 'int'),
    sendmsg: long('sendmsg', 'int', bytes, 'int'),
    socketpair: int('socketpair', 'int', 'int', 'int', bytes),
    statfs: int('statfs', bytes, bytes),
    syncfs: int('syncfs', 'int'),
    umount2: int('umount2', bytes, 'int'),
    fsconfig: numbered(431, 'int', 'unsigned int', bytes, bytes, 'int'),
    fsmount: numbered(432, 'int', 'unsigned int', 'unsigned int'),
    fsopen: numbered(430, bytes, 'unsigned int'),
    mknodat: numbered(numbers.mknodat, 'int', bytes, 'unsigned int', 'unsigned int'),
    mountSetattr: numbered(442, 'int', bytes, 'unsigned int', bytes, 'size_t'),
    moveMount: numbered(429, 'int', bytes, 'int', bytes, 'unsigned int'),
    renameat2: numbered(numbers.renameat2, 'int', bytes, 'int', bytes, 'unsigned int'),
    statx: numbered(numbers.statx, 'int', bytes, 'int', 'unsigned int', bytes),
    errno: () => koffi.errno(),
    address: buffer => koffi.address(buffer),
  }
}
