import { EAGAIN, EBADF, ECONNRESET, EMSGSIZE, systemError } from './errno.ts'
import { attempt, call, closeNative } from './libc.ts'
import { MessageMemory, MSG_CTRUNC, MSG_TRUNC } from './socket-message.ts'

const AF_UNIX = 1
const SOCK_SEQPACKET = 5
const SOCK_CLOEXEC = 0o2000000
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000
const MSG_CMSG_CLOEXEC = 0x40000000

/** Longest message in bytes, both ways. */
const MESSAGE_SIZE_MAX = 128 << 10

/** Most descriptors that come with one message. */
const MESSAGE_FILES_MAX = 8

/** Between two looks for a message, in ms. */
const PAUSE_MIN = 1
const PAUSE_MAX = 25

/** One message, as it was sent. */
export interface ReceivedMessage {
  readonly data: Uint8Array
  /** Descriptors that came with it, closed at exec. The receiver has to close them. */
  readonly files: readonly number[]
}

/** Two ends of one connection: `socket` for this process, `file` for another one to inherit. */
export interface SocketPair {
  readonly socket: SeqpacketSocket
  /** Closed at exec, unless it is handed over as one of the standard files of the new process. */
  readonly file: number
}

/**
 * Makes two connected sockets that carry whole messages, and descriptors with them (AF_UNIX, SOCK_SEQPACKET). Whoever
 * has started the other process closes `file`, so that the end of that process is seen here.
 */
export function createSocketPair(): SocketPair {
  const pair = new Int32Array(new ArrayBuffer(8))
  const type = SOCK_SEQPACKET | SOCK_CLOEXEC
  call('socketpair', {}, c => c.socketpair(AF_UNIX, type, 0, new Uint8Array(pair.buffer)))
  const [ours = -1, theirs = -1] = pair
  return { socket: new SeqpacketSocket(ours), file: theirs }
}

/** One end of a connection of whole messages. Has the descriptor for its own. */
export class SeqpacketSocket {
  readonly #memory = new MessageMemory(MESSAGE_SIZE_MAX, MESSAGE_FILES_MAX)
  #file: number | undefined

  constructor(file: number) {
    this.#file = file
  }

  /**
   * Sends one message, with descriptors that stay open here. Never waits: EAGAIN when the other end leaves too many
   * unread, EPIPE when it is closed.
   */
  send(data: Uint8Array, files: readonly number[] = []): void {
    const file = this.#file
    if (file === undefined) throw systemError(EBADF, 'sendmsg', { meaning: 'the socket is closed' })
    if (data.length > MESSAGE_SIZE_MAX || files.length > MESSAGE_FILES_MAX) {
      throw systemError(EMSGSIZE, 'sendmsg')
    }
    const memory = this.#memory
    memory.prepareToSend(data, files)
    const result = attempt(c => c.sendmsg(file, memory.header, MSG_DONTWAIT | MSG_NOSIGNAL))
    if (result < 0) throw systemError(-result, 'sendmsg')
  }

  /**
   * Waits for the next message; undefined when the other end, or this one, is closed. One call at a time.
   *
   * Node has no way to be told of such a socket, and a thread that waits would be one of the four that all file I/O
   * shares. So it is looked at again and again, each time after an eighth of the time that has passed: an answer is
   * seen that much later than it could be, and never by more than 25 ms.
   *
   * @throws the reason of `signal`; EMSGSIZE for a message that is too long or brings too many descriptors
   */
  async receive(
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<ReceivedMessage | undefined> {
    const { signal } = options
    const started = performance.now()
    for (;;) {
      signal?.throwIfAborted()
      const message = this.#receiveNow()
      if (message !== 'later') return message
      const passed = performance.now() - started
      await pause(Math.min(Math.max(passed / 8, PAUSE_MIN), PAUSE_MAX), signal)
    }
  }

  /** The other end sees it at once. Closing twice does nothing. */
  close(): void {
    const file = this.#file
    this.#file = undefined
    if (file !== undefined) closeNative(file)
  }

  #receiveNow(): ReceivedMessage | undefined | 'later' {
    const file = this.#file
    if (file === undefined) return undefined
    const memory = this.#memory
    memory.prepareToReceive()
    const result = attempt(c => c.recvmsg(file, memory.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC))
    if (result === -EAGAIN) return 'later'
    // The other end was closed with messages unread.
    if (result === -ECONNRESET) return undefined
    if (result < 0) throw systemError(-result, 'recvmsg')
    const files = memory.files()
    if (result === 0) {
      // The other end was closed. A message of no bytes looks the same, but may bring descriptors.
      for (const each of files) closeNative(each)
      return undefined
    }
    if ((memory.flags() & (MSG_TRUNC | MSG_CTRUNC)) !== 0) {
      for (const each of files) closeNative(each)
      throw systemError(EMSGSIZE, 'recvmsg', { meaning: 'a message that is too long was dropped' })
    }
    return { data: memory.data(result), files }
  }
}

/** What a program that talks over such sockets asks of Linux. */
export const linuxSocketPairs = {
  create: createSocketPair,
  closeFile: closeNative,
} as const

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
  })
}
