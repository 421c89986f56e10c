import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  badConfig,
  type Environment,
  homeDirectory,
  readConfigFile,
  unreadable,
} from './config-file.ts'

/** Certificates for one host, as PEM. */
export interface HostCertificates {
  /** Authorities that are trusted beside those of the system. */
  readonly authorities: readonly string[]
  /** What we show to a host that asks who we are. */
  readonly pairs: readonly { readonly cert: string; readonly key: string }[]
}

/** Where certificates are looked for. */
export interface CertificateOptions {
  /** The directory with the files themselves, for every host. */
  readonly certDir?: string | undefined
  readonly env: Environment
  /** Directories of the system that have one directory for each host. Default: those of podman and Docker. */
  readonly systemDirectories?: readonly string[] | undefined
}

const SYSTEM_DIRECTORIES = ['/etc/containers/certs.d', '/etc/docker/certs.d']

/**
 * Reads the certificates for a host (containers-certs.d(5)): `*.crt` are authorities, `*.cert` with `*.key` beside it
 * are ours. They lie in `certDir`, else in the first of `~/.config/containers/certs.d/HOST:PORT`,
 * `/etc/containers/certs.d/HOST:PORT` and `/etc/docker/certs.d/HOST:PORT` that is there.
 *
 * @throws RegistryError ERR_REGISTRY_BAD_CONFIG for a directory or file that cannot be read or is no certificate or key,
 * and for one of a pair without the other
 */
export async function readHostCertificates(
  host: string,
  options: CertificateOptions,
): Promise<HostCertificates> {
  const { certDir, env, systemDirectories = SYSTEM_DIRECTORIES } = options
  if (certDir !== undefined) {
    const names = await fileNames(certDir)
    if (names === undefined) throw badConfig(certDir, 'there is no such directory')
    return readDirectory(certDir, names)
  }
  const home = homeDirectory(env)
  const own = home === undefined ? [] : [join(home, '.config/containers/certs.d')]
  for (const parent of [...own, ...systemDirectories]) {
    const directory = join(parent, host)
    const names = await fileNames(directory)
    if (names !== undefined) return readDirectory(directory, names)
  }
  return { authorities: [], pairs: [] }
}

async function readDirectory(
  directory: string,
  names: readonly string[],
): Promise<HostCertificates> {
  const authorities: string[] = []
  const pairs: { cert: string; key: string }[] = []
  for (const name of names) {
    const path = join(directory, name)
    if (name.endsWith('.crt')) authorities.push(await readCertificate(path))
    if (name.endsWith('.cert'))
      pairs.push(await readPair(path, replaceSuffix(path, '.cert', '.key')))
    if (name.endsWith('.key') && !names.includes(replaceSuffix(name, '.key', '.cert'))) {
      throw badConfig(path, 'a key without a certificate: the .cert file of this name is missing')
    }
  }
  return { authorities, pairs }
}

async function readPair(
  certPath: string,
  keyPath: string,
): Promise<{ readonly cert: string; readonly key: string }> {
  const cert = await readCertificate(certPath)
  const key = await readConfigFile(keyPath)
  if (key === undefined) {
    throw badConfig(certPath, 'a certificate without a key: the .key file of this name is missing')
  }
  let fits: boolean
  try {
    fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
  } catch {
    throw badConfig(keyPath, 'no private key in PEM, or one with a password')
  }
  if (!fits) throw badConfig(keyPath, 'not the key of the .cert file of this name')
  return { cert, key }
}

async function readCertificate(path: string): Promise<string> {
  const text = (await readConfigFile(path)) ?? ''
  try {
    new X509Certificate(text)
  } catch (error) {
    throw badConfig(path, 'no certificate in PEM', error)
  }
  return text
}

/** The names of a directory in order; undefined where there is none. */
async function fileNames(directory: string): Promise<string[] | undefined> {
  try {
    return (await readdir(directory)).sort()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw unreadable(directory, error)
  }
}

function replaceSuffix(name: string, suffix: string, other: string): string {
  return `${name.slice(0, -suffix.length)}${other}`
}
