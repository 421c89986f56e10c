import type { Dispatcher } from 'undici'
import { FailedTry } from './failed-try.ts'
import { IdleTimer } from './idle-timer.ts'
import { networkFailure } from './network-failure.ts'
import { ResponseBody } from './response-body.ts'

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One request. */
export interface HttpRequest {
  readonly method: HttpMethod
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | undefined
  readonly signal?: AbortSignal | undefined
}

/** How long to wait, in ms; 0 for ever. */
export interface TimeLimits {
  /** For the connection, the answer, and each part of a body in either direction. */
  readonly idleMs: number
  /** For the whole, body included. */
  readonly totalMs: number
}

/** The head of an answer; whoever takes it reads or closes the body. */
export interface HttpResponse {
  readonly status: number
  readonly headers: HttpHeaders
  /** Of the request that was answered. */
  readonly url: URL
  readonly body: ResponseBody
}

/** By names in lower case. */
export type HttpHeaders = Readonly<Record<string, string | string[] | undefined>>

/** The value of a header, several joined as HTTP has it. */
export function headerOf(
  { headers }: { readonly headers: HttpHeaders },
  name: string,
): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/**
 * Sends a request and waits for the head of the answer. Every wait has an end: by the time limits or by the signal,
 * from the connection to the last byte of the body.
 *
 * @throws FailedTry for what goes wrong on the way, and the reason of the signal
 */
export function exchange(
  dispatcher: Dispatcher,
  request: HttpRequest,
  limits: TimeLimits,
): Promise<HttpResponse> {
  const { url, method, headers, body: sent, signal } = request
  if (signal?.aborted) return Promise.reject(signal.reason)
  return new Promise((resolve, reject) => {
    const running = new Exchange(request, limits, { resolve, reject })
    const body = running.requestBody()
    try {
      dispatcher.dispatch(
        {
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method,
          headers: {
            ...headers,
            ...(sent instanceof Uint8Array ? { 'content-length': `${sent.byteLength}` } : {}),
          },
          // undici takes async iterables; its types do not say so.
          body: (body ?? null) as Uint8Array | null,
          // Ours are finer: they see the connection and what is sent, too.
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        running,
      )
    } catch (error) {
      running.onResponseError(undefined, error)
    }
  })
}

/** A body of bytes that is larger is sent in slices: each of them may take as long as the idle time-out. */
const SENT_AT_ONCE = 64 << 10

async function* slices(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.byteLength; at += SENT_AT_ONCE) {
    yield body.subarray(at, at + SENT_AT_ONCE)
  }
}

interface Settle {
  resolve(response: HttpResponse): void
  reject(error: unknown): void
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest
  readonly #settle: Settle
  readonly #idle: IdleTimer
  readonly #total: IdleTimer
  readonly #body: ResponseBody
  #controller: Dispatcher.DispatchController | undefined
  /** Why we gave up; until there is a connection, undici cannot be told. */
  #gaveUp: Error | undefined
  #hasHead = false
  #isDone = false

  constructor(request: HttpRequest, limits: TimeLimits, settle: Settle) {
    this.#request = request
    this.#settle = settle
    this.#idle = new IdleTimer(limits.idleMs, () =>
      this.#timeOut(`nothing came for ${limits.idleMs / 1000} s`),
    )
    this.#total = new IdleTimer(limits.totalMs, () =>
      this.#timeOut(`not done within ${limits.totalMs / 1000} s`),
    )
    this.#body = new ResponseBody({
      pause: () => {
        this.#idle.stop()
        this.#controller?.pause()
      },
      resume: () => {
        this.#idle.touch()
        this.#controller?.resume()
      },
      abort: () => this.#giveUp(new Error('the rest is not wanted')),
    })
    this.#idle.touch()
    this.#total.touch()
    request.signal?.addEventListener('abort', this.#onAbort)
  }

  /** What is sent, with the idle timer told of each piece. */
  requestBody(): Uint8Array | AsyncIterable<Uint8Array> | undefined {
    const { body } = this.#request
    if (body === undefined) return undefined
    if (!(body instanceof Uint8Array)) return this.#watched(body)
    return body.byteLength <= SENT_AT_ONCE ? body : this.#watched(slices(body))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#gaveUp !== undefined) controller.abort(this.#gaveUp)
    else if (!this.#isDone) this.#idle.touch()
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: HttpHeaders): void {
    // 100 and 103 announce the answer, and do not put it off.
    if (status < 200) return
    this.#idle.touch()
    this.#hasHead = true
    this.#settle.resolve({ status, headers, url: this.#request.url, body: this.#body })
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#idle.touch()
    this.#body.push(chunk)
  }

  onResponseEnd(): void {
    this.#finish()
    this.#body.end()
  }

  onResponseError(_: unknown, error: unknown): void {
    if (this.#isDone) return
    this.#finish()
    const failure = networkFailure(error, this.#hasHead ? 'body' : 'head')
    this.#settle.reject(failure)
    this.#body.fail(failure)
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#request.signal?.reason
    this.#settle.reject(reason)
    this.#body.cancel(reason)
    this.#giveUp(new Error('cancelled'))
  }

  #timeOut(reason: string): void {
    const failure = new FailedTry('ERR_REGISTRY_TIMEOUT', reason, { isRetryable: true })
    this.#settle.reject(failure)
    this.#body.fail(failure)
    this.#giveUp(failure)
  }

  #giveUp(reason: Error): void {
    this.#finish()
    this.#gaveUp ??= reason
    this.#controller?.abort(reason)
  }

  #finish(): void {
    this.#isDone = true
    this.#idle.stop()
    this.#total.stop()
    this.#request.signal?.removeEventListener('abort', this.#onAbort)
  }

  async *#watched(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    // While the caller makes the next piece, it is not the registry that is slow.
    this.#idle.stop()
    try {
      for await (const piece of body) {
        this.#touchUnlessDone()
        yield piece
        this.#idle.stop()
      }
    } catch (error) {
      // The caller's own trouble is not the network's.
      this.#settle.reject(error)
      this.#body.cancel(error)
      throw error
    }
    this.#touchUnlessDone()
  }

  #touchUnlessDone(): void {
    if (!this.#isDone) this.#idle.touch()
  }
}
