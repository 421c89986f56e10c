import type { ErofsVersion } from '@composefs/erofs'
import { type Algorithm, algorithmByName, Digest, parseAlgorithm } from '@composefs/fsverity'
import { type Platform, parsePlatform } from '@composefs/oci'
import type { RegistryOptions } from '@composefs/registry'
import type { Runner } from './runner.ts'

/** What the workflow asks for. */
export interface Inputs {
  readonly image: string
  /** Undefined: that of the runner. */
  readonly platform: Platform | undefined
  readonly algorithm: Algorithm
  readonly erofsVersion: ErofsVersion
  readonly expected: Digest | undefined
  readonly sealTo: string | undefined
  readonly registry: RegistryOptions
  readonly summary: boolean
}

/** An input that cannot be understood. */
export class InputError extends Error {
  override readonly name = 'InputError'
  readonly hints: readonly string[]

  constructor(message: string, hints: readonly string[] = []) {
    super(message)
    this.hints = hints
  }
}

/** What `action.yml` gives for the platform, since a default cannot be computed there. */
const OF_RUNNER = 'that of the runner'

/**
 * Reads the inputs. Passwords are masked before anything else happens.
 *
 * @throws InputError, OciError ERR_OCI_BAD_REFERENCE for a platform
 */
export function readInputs(runner: Runner): Inputs {
  const credentials = readCredentials(runner)
  const image = runner.input('image')
  if (image === '') throw new InputError('the input image is missing')
  const platform = runner.input('platform')
  const algorithm = readAlgorithm(runner.input('algorithm'))
  const sealTo = runner.input('seal-to')
  const authFile = runner.input('auth-file')
  return {
    image,
    platform: platform === '' || platform === OF_RUNNER ? undefined : parsePlatform(platform),
    algorithm,
    erofsVersion: readVersion(runner.input('erofs-version')),
    expected: readExpected(runner.input('expected'), algorithm),
    sealTo: sealTo === '' ? undefined : sealTo,
    registry: {
      credentials,
      authFile: authFile === '' ? undefined : authFile,
      tlsVerify: readBoolean(runner, 'tls-verify', true) ? undefined : false,
      retries: readRetries(runner.input('retries')),
      env: runner.env,
      userAgent: 'composefs-action',
      onRetry: ({ what, reason, tryNumber, tries }) =>
        runner.annotate('notice', `${what}: ${reason}; try ${tryNumber + 1} of ${tries}`),
    },
    summary: readBoolean(runner, 'summary', true),
  }
}

function readCredentials(runner: Runner): RegistryOptions['credentials'] {
  const username = runner.input('username')
  const password = runner.secret('password')
  if (username === '' && password === '') return undefined
  if (username === '' || password === '') {
    const missing = username === '' ? 'username' : 'password'
    throw new InputError(`the input ${missing} is missing: a user and a password go together`, [
      'a secret that does not exist, or that a pull request from a fork may not see, is an empty text',
    ])
  }
  // As it stands in the header of a request.
  runner.mask(Buffer.from(`${username}:${password}`).toString('base64'))
  return { username, password }
}

function readAlgorithm(text: string): Algorithm {
  const name = text === '' ? 'sha512' : text
  const algorithm = algorithmByName(name) ?? parseAlgorithm(name)
  if (algorithm !== undefined) return algorithm
  throw new InputError(`the input algorithm is sha512 or sha256, not ${name}`)
}

function readVersion(text: string): ErofsVersion {
  if (text === '' || text === '1') return 1
  if (text === '2') return 2
  throw new InputError(`the input erofs-version is 1 or 2, not ${text}`)
}

function readExpected(text: string, algorithm: Algorithm): Digest | undefined {
  if (text === '') return undefined
  const digest = Digest.fromHex(text.replace(/^sha(?:256|512):/, ''))
  if (digest?.algorithm === algorithm) return digest
  const digits = algorithm.digestSize * 2
  throw new InputError(`the input expected is no ${algorithm.name} id: ${text}`, [
    `it is ${digits} hexadecimal digits; for an id of the other hash set the input algorithm`,
  ])
}

function readBoolean(runner: Runner, name: string, byDefault: boolean): boolean {
  const text = runner.input(name)
  if (text === '') return byDefault
  // The words that YAML 1.2 has for them, as other actions take them.
  if (/^(?:true|True|TRUE)$/.test(text)) return true
  if (/^(?:false|False|FALSE)$/.test(text)) return false
  throw new InputError(`the input ${name} is true or false, not ${text}`)
}

function readRetries(text: string): number | undefined {
  if (text === '') return undefined
  if (/^\d{1,3}$/.test(text)) return Number(text)
  throw new InputError(`the input retries is a number, not ${text}`)
}
