import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Certificates, makeCertificates } from './certificates.ts'
import { missingPrograms, runProgram } from './programs.ts'
import { Pusher } from './pusher.ts'
import { startSupervised } from './supervised.ts'
import { startTokenServer, type TokenServer, type TokenServerBehaviour } from './token-server.ts'

/** What kind of registry a test wants. */
export interface RegistryOptions {
  /** TLS with a certificate of an authority that nobody trusts. */
  readonly tls?: boolean
  /** With TLS: takes only clients that have a certificate of the same authority. */
  readonly clientCertificates?: boolean
  /** Basic authentication: passwords by user. */
  readonly htpasswd?: Readonly<Record<string, string>>
  /** Token authentication by a server of our own. */
  readonly token?: Partial<TokenServerBehaviour>
  /** Takes no uploads. */
  readonly readOnly?: boolean
  /** Storage of another registry of the tests. */
  readonly storage?: string
}

/** A registry that runs. */
export interface TestRegistry {
  /** `127.0.0.1:PORT`, the first part of image names. */
  readonly host: string
  readonly url: string
  /** The directory of blobs and tags. */
  readonly storage: string
  /** Where there is TLS. */
  readonly certificates: Certificates | undefined
  /** Where there are tokens. */
  readonly tokenServer: TokenServer | undefined
  /** Puts content in by plain requests, with all rights. */
  readonly pusher: Pusher
  log(): string
  /** Ends it and removes all its files. */
  stop(): Promise<void>
}

/** Why `startRegistry` cannot work here, for the title of a `describe.skipIf`. */
export function registryUnavailable(): string | undefined {
  return missingPrograms('docker-registry', 'openssl', 'htpasswd')
}

/** Starts Debian's docker-registry on a free port of loopback, with storage of its own. */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const directory = mkdtempSync(join(tmpdir(), 'composefs-registry-'))
  const cleanups: (() => unknown)[] = [
    () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }),
  ]
  const stop = async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  }
  try {
    const storage = options.storage ?? join(directory, 'storage')
    mkdirSync(storage, { recursive: true })
    const certificates = options.tls ? makeCertificates(directory) : undefined
    const tokenServer =
      options.token && (await startTokenServer(directory, { ...options.token, tls: certificates }))
    if (tokenServer !== undefined) cleanups.push(() => tokenServer.stop())
    const users = options.htpasswd && writeUsers(directory, options.htpasswd)

    const config = join(directory, 'config.json')
    // JSON is YAML.
    writeFileSync(
      config,
      JSON.stringify(configuration(options, { storage, certificates, tokenServer, users })),
    )
    const server = await startSupervised(['docker-registry', 'serve', config], {
      directory,
      ready: /listening on ([0-9.]+:[0-9]+)/,
      // Its configuration may be changed by REGISTRY_… of the environment.
      env: { PATH: process.env.PATH, HOME: directory, OTEL_TRACES_EXPORTER: 'none' },
    })
    cleanups.push(() => server.stop())
    const host = server.ready[1] ?? ''
    const url = `${certificates === undefined ? 'http' : 'https'}://${host}`
    const pusher = new Pusher(url, {
      ca: certificates?.ca,
      client: certificates?.client,
      authorization: repository => authorization(options, tokenServer, repository),
    })
    return { host, url, storage, certificates, tokenServer, pusher, log: server.log, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Parts {
  readonly storage: string
  readonly certificates: Certificates | undefined
  readonly tokenServer: TokenServer | undefined
  readonly users: string | undefined
}

function configuration(options: RegistryOptions, parts: Parts): object {
  const { storage, certificates, tokenServer, users } = parts
  return {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: storage },
      delete: { enabled: true },
      maintenance: {
        uploadpurging: { enabled: false },
        readonly: { enabled: options.readOnly ?? false },
      },
    },
    http: {
      addr: '127.0.0.1:0',
      // Nothing needs it, but without one every start warns.
      secret: 'tests',
      ...(certificates && {
        tls: {
          certificate: certificates.certFile,
          key: certificates.keyFile,
          ...(options.clientCertificates && { clientcas: [certificates.caFile] }),
        },
      }),
    },
    auth: {
      ...(users !== undefined && { htpasswd: { realm: 'test registry', path: users } }),
      ...(tokenServer && {
        token: {
          realm: tokenServer.realm,
          service: tokenServer.service,
          issuer: tokenServer.issuer,
          rootcertbundle: tokenServer.rootCertificates,
        },
      }),
    },
  }
}

function writeUsers(directory: string, users: Readonly<Record<string, string>>): string {
  const lines = Object.entries(users).map(([user, password]) =>
    // bcrypt, the one kind that the registry takes, at its lowest cost.
    runProgram('htpasswd', ['-C', '4', '-Bbn', user, password]).trim(),
  )
  const path = join(directory, 'htpasswd')
  writeFileSync(path, `${lines.join('\n')}\n`)
  chmodSync(path, 0o600)
  return path
}

function authorization(
  { htpasswd }: RegistryOptions,
  tokenServer: TokenServer | undefined,
  repository: string,
): string | undefined {
  if (tokenServer !== undefined) {
    return `Bearer ${tokenServer.issue([`repository:${repository}:pull,push,delete`], 300)}`
  }
  const [user] = Object.entries(htpasswd ?? {})
  return user && basicAuthorization(...user)
}

/** The header of basic authentication. */
export function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}
