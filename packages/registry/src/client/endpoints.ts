import { isRegistryError, RegistryError, type RegistryErrorCode } from '../errors.ts'
import type { RegistrySession } from './session.ts'

/** What says that a place is of no use for now, whatever it is asked for. */
const DOWN_CODES: ReadonlySet<RegistryErrorCode> = new Set([
  'ERR_REGISTRY_UNAVAILABLE',
  'ERR_REGISTRY_TIMEOUT',
  'ERR_REGISTRY_TLS',
  'ERR_REGISTRY_TOO_MANY_REQUESTS',
])

/** The places of a repository in their order: mirrors, then the registry itself. */
export class Endpoints {
  readonly #sessions: readonly RegistrySession[]
  /** Mirrors that did not answer: once is enough for a pull of many blobs. */
  readonly #down = new Set<RegistrySession>()

  constructor(sessions: readonly RegistrySession[]) {
    this.#sessions = sessions
  }

  /** The registry itself, where everything is written to. */
  get upstream(): RegistrySession {
    const last = this.#sessions.at(-1)
    if (last === undefined) throw new TypeError('a repository without an endpoint')
    return last
  }

  /** Those to ask for something that is about to be read. */
  walk(): EndpointWalk {
    const { upstream } = this
    const sessions = this.#sessions.filter(
      session => session === upstream || !this.#down.has(session),
    )
    return new EndpointWalk(sessions, session => this.#down.add(session))
  }

  /** What the first place gives that has it. `isEnough` false means that the next one may know more. */
  async first<T>(
    ask: (session: RegistrySession) => Promise<T>,
    isEnough: (answer: T) => boolean = () => true,
  ): Promise<T> {
    const walk = this.walk()
    let last: { readonly answer: T } | undefined
    for (const session of walk) {
      try {
        const answer = await ask(session)
        if (isEnough(answer)) return answer
        last = { answer }
      } catch (error) {
        const isLast = session === this.upstream
        if (isLast && last !== undefined && walk.isDown(error)) break
        walk.failed(session, error)
      }
    }
    if (last === undefined) throw new TypeError('no endpoint was asked')
    return last.answer
  }
}

/** One way along the places. */
export class EndpointWalk implements Iterable<RegistrySession> {
  readonly #sessions: readonly RegistrySession[]
  readonly #onDown: (session: RegistrySession) => void
  readonly #reasons: string[] = []

  constructor(sessions: readonly RegistrySession[], onDown: (session: RegistrySession) => void) {
    this.#sessions = sessions
    this.#onDown = onDown
  }

  [Symbol.iterator](): Iterator<RegistrySession> {
    return this.#sessions[Symbol.iterator]()
  }

  isDown(error: unknown): boolean {
    return isRegistryError(error) && DOWN_CODES.has(error.code)
  }

  /** @throws the error itself where there is no other place to ask, or where another one would not help */
  failed(session: RegistrySession, error: unknown): void {
    if (!isRegistryError(error)) throw error
    if (session === this.#sessions.at(-1)) throw this.#withReasons(error)
    if (this.isDown(error)) this.#onDown(session)
    this.#reasons.push(error.message)
  }

  #withReasons(error: RegistryError): RegistryError {
    if (this.#reasons.length === 0) return error
    return new RegistryError(
      error.code,
      `${error.message} (mirrors: ${this.#reasons.join('; ')})`,
      error.facts,
      { cause: error },
    )
  }
}
