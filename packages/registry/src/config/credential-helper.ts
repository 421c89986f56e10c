import { spawn } from 'node:child_process'
import { RegistryError } from '../errors.ts'
import type { Environment } from './config-file.ts'
import type { Credentials } from './credential.ts'

/** How to ask a helper. */
export interface CredentialHelperOptions {
  /** What follows `docker-credential-` in the name of the program. */
  readonly name: string
  /** What the helper calls the registry: its host, or the URL of Docker Hub. */
  readonly server: string
  /** PATH and what else the helper wants. */
  readonly env: Environment
  /** The file that names the helper. */
  readonly path: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Default: 60,000. Helpers may ask somebody for a password. */
  readonly timeoutMs?: number | undefined
}

const TIMEOUT_MS = 60_000

/** Tokens of clouds have some kilobytes. */
const OUTPUT_MAX = 256 << 10

/** A program in the PATH, not one below some directory. */
const HELPER_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/

/** What the helpers of Docker's library print when they have nothing, with exit status 1. */
const NOT_FOUND = ['credentials not found in native keychain', 'no credentials server URL']

/** The user of an identity token. */
const TOKEN_USER = '<token>'

/**
 * Asks a program `docker-credential-NAME` for the credentials of a registry (docker-credential-helpers, `get`).
 *
 * @returns undefined where it has none
 * @throws RegistryError ERR_REGISTRY_BAD_CONFIG when there is no such program, or it fails, takes too long, or answers
 * something else; never with what it printed, which may hold a secret
 */
export async function askCredentialHelper(
  options: CredentialHelperOptions,
): Promise<Credentials | undefined> {
  const { name, signal } = options
  if (!HELPER_NAME.test(name)) {
    throw badHelper(options, `${JSON.stringify(name)} is no name of a credential helper`)
  }
  signal?.throwIfAborted()
  const { status, output } = await runHelper(options)
  if (status === 0) return readAnswer(options, output)
  if (NOT_FOUND.includes(output.trim())) return undefined
  throw badHelper(options, `docker-credential-${name} get failed for ${options.server} (${status})`)
}

interface Answer {
  /** Exit status, or the signal that ended it. */
  readonly status: number | string
  readonly output: string
}

function runHelper(options: CredentialHelperOptions): Promise<Answer> {
  const { name, server, env, signal, timeoutMs = TIMEOUT_MS } = options
  return new Promise((resolve, reject) => {
    const program = `docker-credential-${name}`
    const child = spawn(program, ['get'], { env, stdio: ['pipe', 'pipe', 'ignore'] })
    const chunks: Buffer[] = []
    let size = 0
    const finish = (settle: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      // What the helper started may hold the other end of the pipe as long as it likes.
      child.kill('SIGKILL')
      child.stdin.destroy()
      child.stdout.destroy()
      settle()
    }
    const fail = (why: string, cause?: unknown) =>
      finish(() => reject(badHelper(options, `${program} ${why}`, cause)))
    const abort = () => finish(() => reject(signal?.reason))
    const timer = setTimeout(() => fail(`gave no answer in ${timeoutMs / 1000} s`), timeoutMs)
    signal?.addEventListener('abort', abort, { once: true })

    child.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'is not installed' : `cannot run (${error.code})`
      fail(why, error)
    })
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > OUTPUT_MAX) fail(`printed more than ${OUTPUT_MAX} bytes`)
    })
    child.on('close', (code, killedBy) => {
      const output = Buffer.concat(chunks).toString('utf8')
      finish(() => resolve({ status: code ?? killedBy ?? 'unknown', output }))
    })
    // A helper that does not read what it is asked has ended, which `close` tells.
    child.stdin.on('error', () => {})
    child.stdin.end(`${server}\n`)
  })
}

function readAnswer(options: CredentialHelperOptions, output: string): Credentials | undefined {
  let answer: unknown
  try {
    answer = JSON.parse(output)
  } catch {
    // The error quotes the text, secrets included.
  }
  const { Username: username, Secret: secret } = (answer ?? {}) as Record<string, unknown>
  if (typeof username !== 'string' || typeof secret !== 'string') {
    throw badHelper(options, `docker-credential-${options.name} answered no credentials`)
  }
  if (username === TOKEN_USER) return { kind: 'identity-token', token: secret }
  return username === '' && secret === ''
    ? undefined
    : { kind: 'basic', username, password: secret }
}

function badHelper(options: CredentialHelperOptions, why: string, cause?: unknown): RegistryError {
  const { path, server } = options
  return new RegistryError(
    'ERR_REGISTRY_BAD_CONFIG',
    path === undefined ? why : `${path}: ${why}`,
    { registry: server, ...(path === undefined ? {} : { path }) },
    cause === undefined ? {} : { cause },
  )
}
