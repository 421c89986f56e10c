import { readSync } from 'node:fs'
import { showUtf8 } from '@composefs/bytes'
import { EACCES, EINTR, ENODEV, ENOSYS, EPERM, errnoOf, systemError } from './errno.ts'
import { attempt, type Bytes, closeNative } from './libc.ts'
import { type PathLike, terminated } from './path.ts'

const FSOPEN_CLOEXEC = 1
const FSMOUNT_CLOEXEC = 1

const FSCONFIG_SET_FLAG = 0
const FSCONFIG_SET_STRING = 1
const FSCONFIG_SET_FD = 5
const FSCONFIG_CMD_CREATE = 6

/** Longest string value that fsconfig takes, in bytes. */
export const FSCONFIG_VALUE_MAX = 255

/** Most messages a context keeps, and room for one. */
const MESSAGES_MAX = 64
const MESSAGE_SIZE = 4096

/**
 * A file system in the making: the context of the kernel's mount calls. Failures carry what the kernel wrote into the
 * context.
 *
 * @example
 * const context = FsContext.open('tmpfs')
 * context.setString('size', '1M')
 * context.create()
 * const mounted = context.mount(MOUNT_ATTR_RDONLY)
 */
export class FsContext {
  readonly type: string
  readonly #file: number

  private constructor(type: string, file: number) {
    this.type = type
    this.#file = file
  }

  static open(type: string): FsContext {
    const name = terminated(type)
    const result = attempt(c => c.fsopen(name, FSOPEN_CLOEXEC))
    if (result < 0) throw systemError(-result, `fsopen(${type})`, { meaning: openFailure(-result) })
    return new FsContext(type, result)
  }

  setFlag(key: string): void {
    this.#configure(FSCONFIG_SET_FLAG, key, null, 0)
  }

  setString(key: string, value: PathLike): void {
    this.#configure(FSCONFIG_SET_STRING, key, terminated(value), 0)
  }

  setFile(key: string, file: number): void {
    this.#configure(FSCONFIG_SET_FD, key, null, file)
  }

  /** Makes the superblock. Kernels before 6.5 or so complain of unknown options only here. */
  create(): void {
    this.#configure(FSCONFIG_CMD_CREATE, undefined, null, 0)
  }

  /** A detached mount of the superblock, as a file for `closeNative`. Closing it before it is attached unmounts. */
  mount(attributes: number): number {
    const result = attempt(c => c.fsmount(this.#file, FSMOUNT_CLOEXEC, attributes))
    if (result < 0) this.#fail(-result, `fsmount(${this.type})`)
    return result
  }

  /** What the kernel has written into the context since the last time, such as `overlay: Unknown parameter 'x'`. */
  takeMessages(): string[] {
    const messages: string[] = []
    const buffer = new Uint8Array(MESSAGE_SIZE)
    while (messages.length < MESSAGES_MAX) {
      let length: number
      try {
        length = readSync(this.#file, buffer, 0, buffer.length, null)
      } catch (error) {
        if (errnoOf(error) === EINTR) continue
        // ENODATA: no more. Anything else must not hide the error that made us look.
        break
      }
      if (length === 0) break
      // A letter for the level (e, w, i) and a blank come first.
      messages.push(
        showUtf8(buffer.subarray(0, length))
          .replace(/^[ewi] /, '')
          .trimEnd(),
      )
    }
    return messages
  }

  close(): void {
    closeNative(this.#file)
  }

  #configure(command: number, key: string | undefined, value: Bytes, extra: number): void {
    const keyBytes = key === undefined ? null : terminated(key)
    const result = attempt(c => c.fsconfig(this.#file, command, keyBytes, value, extra))
    if (result < 0) this.#fail(-result, `fsconfig(${this.type}, ${key ?? 'create'})`)
  }

  #fail(errno: number, syscall: string): never {
    throw systemError(errno, syscall, { kernelMessages: this.takeMessages() })
  }
}

function openFailure(errno: number): string | undefined {
  switch (errno) {
    case ENODEV:
      return 'this kernel does not have that file system'
    case ENOSYS:
      return 'this kernel has no fsopen (5.2 or newer has), or a sandbox hides it'
    case EPERM:
    case EACCES:
      return 'mounting needs CAP_SYS_ADMIN'
    default:
      return undefined
  }
}
