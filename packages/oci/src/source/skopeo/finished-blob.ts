import { isOciError, OciError } from '../../errors.ts'
import { BlobCounter, type BlobRequest } from './blob-counter.ts'
import type { ProxySession } from './proxy-session.ts'
import { WaitTimer } from './wait-timer.ts'

/**
 * How long nothing comes before skopeo is asked whether it has stopped, and how long a reader may take over a piece
 * while skopeo can do nothing else, in ms. At most half of the idle time-out.
 */
const QUIET = 5000

/**
 * Reads a blob by GetBlob: a pipe that stays open until FinishPipe is asked for, which tells what went wrong.
 *
 * FinishPipe is answered when all is written, and until then nothing else is. So it is asked for when all bytes are
 * here, or when none have come for a while, as after an error. A reader that dawdles after that loses its pipe (the
 * result is `taken`): somebody it waits for may be waiting for skopeo.
 *
 * @throws OciError ERR_OCI_SIZE_MISMATCH, ERR_OCI_DIGEST_MISMATCH, ERR_OCI_SKOPEO_*; the reason of `signal`
 */
export async function* readFinishedBlob(
  session: ProxySession,
  request: BlobRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, 'complete' | 'taken', undefined> {
  const { connection, image, idleTimeoutMs } = session
  const { digest, size } = request
  const quietMs = idleTimeoutMs === 0 ? QUIET : Math.min(QUIET, idleTimeoutMs / 2)
  const counter = new BlobCounter(request)
  const reply = await connection.request('GetBlob', [image, digest, size ?? 0], { signal })
  const ending = new PipeEnding(session, reply.pipeId)
  const reader = session.openPipe('GetBlob', reply, {
    quietMs,
    onQuiet: () => void ending.finish(),
  })
  let isTaken = false
  const dawdling = new WaitTimer(quietMs, () => {
    if (!ending.isUnderWay) return
    isTaken = true
    reader.close()
  })
  const onAbort = () => reader.close(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    if (signal.aborted) onAbort()
    counter.announced(reply.value)
    // Where the size is not known, the end of the pipe is all that tells.
    if (size === undefined || size === 0) void ending.finish()
    for (let chunk = await reader.next(); chunk !== undefined; chunk = await reader.next()) {
      const news = counter.take(chunk)
      if (counter.isComplete) void ending.finish()
      if (news === undefined) continue
      dawdling.begin()
      yield news
      dawdling.end()
      if (isTaken) return 'taken'
    }
    const failure = await ending.wait()
    if (failure !== undefined && !isOnlySize(failure, request, counter)) {
      throw explained(failure, request)
    }
    counter.end()
    return 'complete'
  } catch (error) {
    if (isOciError(error, 'ERR_OCI_SKOPEO_TIMEOUT')) ending.giveUp()
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
    dawdling.stop()
    reader.close()
  }
}

/** The one FinishPipe of a pipe. */
class PipeEnding {
  readonly #session: ProxySession
  readonly #pipeId: number
  readonly #stalled = new AbortController()
  #answer: Promise<OciError | undefined> | undefined
  #isAnswered = false

  constructor(session: ProxySession, pipeId: number) {
    this.#session = session
    this.#pipeId = pipeId
  }

  /** True while skopeo waits for its own end of the pipe. */
  get isUnderWay(): boolean {
    return this.#answer !== undefined && !this.#isAnswered
  }

  /** Asks for it, once, and gives what skopeo says was wrong. */
  finish(): Promise<OciError | undefined> {
    this.#answer ??= this.#ask()
    return this.#answer
  }

  /** The same, when nothing is left that could take long. */
  async wait(): Promise<OciError | undefined> {
    const { idleTimeoutMs } = this.#session
    const timer =
      idleTimeoutMs === 0 ? undefined : setTimeout(() => this.#stalled.abort(), idleTimeoutMs)
    try {
      return await this.finish()
    } finally {
      clearTimeout(timer)
    }
  }

  /** Nothing moves any more. If skopeo waits too, it can only be ended. */
  giveUp(): void {
    if (this.isUnderWay) this.#stalled.abort()
  }

  async #ask(): Promise<OciError | undefined> {
    const { connection } = this.#session
    try {
      const stalled = this.#stalled.signal
      const { files } = await connection.request('FinishPipe', [this.#pipeId], { stalled })
      connection.closeFiles(files)
      return undefined
    } catch (error) {
      if (error instanceof OciError) return error
      throw error
    } finally {
      this.#isAnswered = true
    }
  }
}

/** True when all that skopeo complains of is the size, which we could not tell it. It has checked the digest. */
function isOnlySize(failure: OciError, { size }: BlobRequest, { received }: BlobCounter): boolean {
  return size === undefined && sizes(failure)?.actual === received
}

/** What the complaint means, in our words. */
function explained(failure: OciError, { digest }: BlobRequest): OciError {
  if (failure.code !== 'ERR_OCI_SKOPEO_REFUSED') return failure
  const found = sizes(failure)
  const options = { cause: failure }
  if (found !== undefined) {
    return new OciError(
      'ERR_OCI_SIZE_MISMATCH',
      `skopeo gave ${found.actual} bytes for the blob ${digest}, its descriptor says ${found.expected}`,
      { digest, ...found },
      options,
    )
  }
  if (!/corrupted blob/.test(failure.message)) return failure
  return new OciError('ERR_OCI_DIGEST_MISMATCH', `${failure.message}`, { digest }, options)
}

function sizes({ message }: OciError): { expected: number; actual: number } | undefined {
  const match = /expected (\d+) bytes in blob, got (\d+)/.exec(message)
  return match === null ? undefined : { expected: Number(match[1]), actual: Number(match[2]) }
}
