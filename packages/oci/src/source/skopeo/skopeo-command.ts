import { isRegistryError, parseRegistryReference, type RegistryOptions } from '@composefs/registry'
import type { Platform } from '../../document/platform.ts'
import type { OpenSkopeoOptions } from './skopeo-options.ts'

/** A program to start, and what to give it. */
export interface SkopeoCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Content of the file of passwords that skopeo finds as its descriptor 3. */
  readonly passwords: string | undefined
}

/** The file of passwords as skopeo sees it. */
const PASSWORDS_FILE = '/proc/self/fd/3'

/**
 * The command that serves an image: skopeo, with its socket as standard input, which every version takes and which
 * passes through `podman unshare`.
 *
 * Passwords are on no command line, where everybody on the machine could read them.
 *
 * @param reference with its transport
 */
export function skopeoCommand(
  reference: string,
  options: OpenSkopeoOptions,
  userId: number | undefined = process.getuid?.(),
): SkopeoCommand {
  const { skopeo, registry = {}, platform } = options
  const program = skopeo.program ?? 'skopeo'
  const passwords = passwordsFor(reference, registry)
  const args = [
    ...platformArguments(platform),
    'experimental-image-proxy',
    ...networkArguments(registry, passwords === undefined ? registry.authFile : PASSWORDS_FILE),
  ]
  const env = environment(registry)
  // The files of somebody else's layers can only be read in the user namespace that podman makes.
  return reference.startsWith('containers-storage:') && userId !== 0
    ? { program: 'podman', args: ['unshare', program, ...args], env, passwords }
    : { program, args, env, passwords }
}

function environment({ env = process.env, registriesConf }: RegistryOptions): SkopeoCommand['env'] {
  return registriesConf === undefined ? env : { ...env, CONTAINERS_REGISTRIES_CONF: registriesConf }
}

function platformArguments(platform: Platform | undefined): string[] {
  if (platform === undefined) return []
  const { os, architecture, variant } = platform
  return [
    `--override-os=${os}`,
    `--override-arch=${architecture}`,
    ...(variant === undefined ? [] : [`--override-variant=${variant}`]),
  ]
}

function networkArguments(
  { tlsVerify, certDir }: RegistryOptions,
  authFile: string | undefined,
): string[] {
  return [
    ...(authFile === undefined ? [] : [`--authfile=${authFile}`]),
    ...(tlsVerify === undefined ? [] : [`--tls-verify=${tlsVerify}`]),
    ...(certDir === undefined ? [] : [`--cert-dir=${certDir}`]),
  ]
}

/** A file of passwords with the one that was given, for the registry of the reference alone. */
function passwordsFor(reference: string, { credentials }: RegistryOptions): string | undefined {
  if (credentials === undefined || !reference.startsWith('docker://')) return undefined
  const { username, password } = credentials
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  return JSON.stringify({ auths: { [registryOf(reference.slice('docker://'.length))]: { auth } } })
}

function registryOf(name: string): string {
  try {
    return parseRegistryReference(name).host
  } catch (error) {
    // What skopeo makes of names without a registry.
    if (isRegistryError(error, 'ERR_REGISTRY_UNQUALIFIED')) return 'docker.io'
    throw error
  }
}
