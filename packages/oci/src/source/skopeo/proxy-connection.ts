import { OciError } from '../../errors.ts'
import type { SocketMessage, SocketPairs } from './message-socket.ts'
import { stalled } from './pipe-reader.ts'
import { decodeReply, encodeRequest, type ProxyMethod, type ProxyReply } from './protocol.ts'
import type { SkopeoProcess } from './skopeo-process.ts'
import { unlessAborted } from './unless-aborted.ts'
import { within } from './within.ts'

/** How long after its pipes the end of a process may be seen, in ms. */
const NEWS_OF_DEATH = 500

/** How a request waits. */
export interface RequestOptions {
  /** Nobody wants the answer any more once it is aborted. The request itself goes on. */
  readonly signal?: AbortSignal | undefined
  /** How long the answer may take, in ms. Default: that of the connection. */
  readonly timeoutMs?: number | undefined
  /** Aborted when skopeo is given up, for an answer that may take any time as long as other things happen. */
  readonly stalled?: AbortSignal | undefined
}

/**
 * Requests to one skopeo, one after the other, as skopeo works on them. An answer that does not come in time, or is
 * none, ends the connection: what comes after it could belong to anything.
 */
export class ProxyConnection {
  readonly #process: SkopeoProcess
  readonly #sockets: Pick<SocketPairs, 'closeFile'>
  readonly #timeoutMs: number
  readonly #ended: Promise<void>
  #last: Promise<unknown> = Promise.resolve()
  #isBusy = false
  #failure: OciError | undefined
  #failed: ((reason: OciError) => void) | undefined

  constructor(
    process: SkopeoProcess,
    options: Pick<SocketPairs, 'closeFile'> & { readonly timeoutMs: number },
  ) {
    this.#process = process
    this.#sockets = options
    this.#timeoutMs = options.timeoutMs
    // Its end may be seen before a request fails of it.
    this.#ended = process.ended.then(async () => this.fail(await process.whyEnded()))
  }

  /** What ended the connection; undefined while it can be used. */
  get failure(): OciError | undefined {
    return this.#failure
  }

  /** True while an answer is waited for: skopeo then does not look whether anybody still listens. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /**
   * Sends a request and gives its answer, whose descriptors are the caller's from then on.
   *
   * @throws OciError ERR_OCI_SKOPEO_REFUSED; and when the connection is over ERR_OCI_SKOPEO_MISSING,
   * ERR_OCI_SKOPEO_ENDED, ERR_OCI_SKOPEO_TIMEOUT, ERR_OCI_SKOPEO_PROTOCOL; the reason of `signal`
   */
  request(
    method: ProxyMethod,
    args: readonly (string | number)[],
    options: RequestOptions = {},
  ): Promise<ProxyReply> {
    const { signal } = options
    const turn = this.#last.then(() => {
      signal?.throwIfAborted()
      return this.#exchange(method, encodeRequest(method, args), options)
    })
    this.#last = turn.catch(() => {})
    return unlessAborted(turn, signal, ({ files }) => this.closeFiles(files))
  }

  /** The error for the end of skopeo, if that is why a pipe has ended: the pipe is seen to end a little earlier. */
  async causeOfDeath(): Promise<OciError | undefined> {
    await within(this.#ended, NEWS_OF_DEATH)
    return this.#failure
  }

  /** Ends the connection and the process: nothing is to be expected of it any more. */
  fail(error: OciError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#failed?.(error)
    this.#process.kill()
  }

  /** Asks skopeo to end. There is no answer to that. */
  shutDown(): void {
    if (this.#failure === undefined) this.#process.socket.send(encodeRequest('Shutdown', []))
  }

  closeFiles(files: readonly number[]): void {
    for (const file of files) this.#sockets.closeFile(file)
  }

  async #exchange(
    method: ProxyMethod,
    request: Uint8Array,
    { timeoutMs = this.#timeoutMs, stalled: stall }: RequestOptions,
  ): Promise<ProxyReply> {
    if (this.#failure !== undefined) throw this.#failure
    const timer =
      timeoutMs === 0 || stall !== undefined
        ? undefined
        : setTimeout(() => this.fail(stalled(method, timeoutMs)), timeoutMs)
    const controller = new AbortController()
    this.#failed = reason => controller.abort(reason)
    const onStall = () => this.fail(stalled(method, this.#timeoutMs))
    stall?.addEventListener('abort', onStall)
    this.#isBusy = true
    try {
      if (stall?.aborted) onStall()
      const message = await this.#send(method, request, controller.signal)
      return this.#read(method, message)
    } finally {
      clearTimeout(timer)
      stall?.removeEventListener('abort', onStall)
      this.#failed = undefined
      this.#isBusy = false
    }
  }

  async #send(
    method: ProxyMethod,
    request: Uint8Array,
    signal: AbortSignal,
  ): Promise<SocketMessage> {
    const { socket } = this.#process
    let message: SocketMessage | undefined
    try {
      socket.send(request)
      message = await socket.receive({ signal })
    } catch (error) {
      if (this.#failure !== undefined) throw this.#failure
      // EPIPE tells that skopeo has ended, and the reason is still to be found.
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') {
        this.fail(brokenSocket(error))
      }
    }
    if (message !== undefined) return message
    const failure = this.#failure ?? (await this.#process.whyEnded()).with({ method })
    this.fail(failure)
    throw failure
  }

  #read(method: ProxyMethod, { data, files }: SocketMessage): ProxyReply {
    try {
      return { ...decodeReply(method, data), files }
    } catch (error) {
      this.closeFiles(files)
      const isAnswer = error instanceof OciError && error.code === 'ERR_OCI_SKOPEO_REFUSED'
      if (!isAnswer) this.fail(error as OciError)
      throw error
    }
  }
}

function brokenSocket(cause: unknown): OciError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new OciError('ERR_OCI_SKOPEO_PROTOCOL', `the socket to skopeo: ${why}`, {}, { cause })
}
