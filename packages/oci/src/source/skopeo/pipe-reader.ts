import { Socket } from 'node:net'
import { OciError } from '../../errors.ts'
import type { SocketPairs } from './message-socket.ts'
import { type ProxyMethod, protocolError } from './protocol.ts'
import { WaitTimer } from './wait-timer.ts'

/** How long to wait for the next bytes of a pipe, in ms. */
export interface PipePatience {
  /** After that the pipe is given up; 0 for never. */
  readonly idleTimeoutMs: number
  /** Called once when nothing came for `quietMs`. */
  readonly quietMs?: number
  onQuiet?(): void
}

/** The read end of a pipe that skopeo fills. Must be closed. */
export class PipeReader {
  readonly #socket: Socket
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #idle: WaitTimer
  readonly #quiet: WaitTimer

  /**
   * Takes over a descriptor, also when it fails.
   *
   * @throws OciError ERR_OCI_SKOPEO_PROTOCOL for one that is no pipe
   */
  constructor(
    file: number,
    method: ProxyMethod,
    options: PipePatience & Pick<SocketPairs, 'closeFile'>,
  ) {
    try {
      this.#socket = new Socket({ fd: file, readable: true, writable: false })
    } catch (cause) {
      options.closeFile(file)
      throw protocolError(method, 'its descriptor is no pipe', cause)
    }
    // Errors reach whoever reads; after that nobody listens.
    this.#socket.on('error', () => {})
    this.#chunks = this.#socket[Symbol.asyncIterator]()
    const { idleTimeoutMs, quietMs = 0 } = options
    this.#idle = new WaitTimer(idleTimeoutMs, () => this.close(stalled(method, idleTimeoutMs)))
    this.#quiet = new WaitTimer(quietMs, () => options.onQuiet?.())
  }

  /**
   * The next bytes, in memory of their own; undefined at the end.
   *
   * @throws OciError ERR_OCI_SKOPEO_TIMEOUT, and what the pipe was closed with
   */
  async next(): Promise<Uint8Array | undefined> {
    this.#idle.begin()
    this.#quiet.begin()
    try {
      const { value, done } = await this.#chunks.next()
      if (done) return undefined
      // No Buffer: its `slice` does not copy.
      return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    } finally {
      this.#idle.end()
      this.#quiet.end()
    }
  }

  /** Skopeo sees it as a broken pipe at its next write. A call of `next` that waits ends with `error`, or at the end. */
  close(error?: OciError): void {
    this.#idle.stop()
    this.#quiet.stop()
    this.#socket.destroy(error)
  }
}

/** The error for skopeo not doing anything. */
export function stalled(method: ProxyMethod, timeoutMs: number): OciError {
  return new OciError(
    'ERR_OCI_SKOPEO_TIMEOUT',
    `nothing came from skopeo for ${timeoutMs / 1000} s (${method})`,
    { method, timeoutMs },
  )
}
