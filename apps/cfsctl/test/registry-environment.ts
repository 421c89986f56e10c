import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeRegistriesConf } from '@composefs/test-fixtures/registry'

/**
 * The environment of programs that speak to registries of the tests: plain HTTP to these hosts, and nothing of the
 * configuration of this machine. Ours, skopeo, buildah and the peer all read it.
 */
export function registryEnvironment(
  directory: string,
  insecure: readonly string[],
): Readonly<Record<string, string>> {
  const home = join(directory, 'home')
  const configuration = join(home, '.config/containers')
  mkdirSync(configuration, { recursive: true })
  writeRegistriesConf(join(configuration, 'registries.conf'), insecure)
  return { HOME: home, XDG_CONFIG_HOME: join(home, '.config'), XDG_RUNTIME_DIR: home }
}
