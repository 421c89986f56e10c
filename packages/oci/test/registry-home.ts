import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RegistryOptions } from '@composefs/registry'
import { writeRegistriesConf } from '@composefs/test-fixtures/registry'
import { afterAll } from 'vitest'

/**
 * A home directory that knows of no registry, so that nothing of this machine's configuration counts. It goes with the
 * test file or the `describe` that it is made in.
 */
export function registryHome(): {
  readonly path: string
  /** Options that let plain HTTP be spoken to these hosts. */
  options(insecure: readonly string[], more?: RegistryOptions): RegistryOptions
} {
  const path = mkdtempSync(join(tmpdir(), 'composefs-registry-home-'))
  afterAll(() => rmSync(path, { recursive: true, force: true }))
  let files = 0
  return {
    path,
    options: (insecure, more = {}) => ({
      registriesConf: writeRegistriesConf(join(path, `registries-${files++}.conf`), insecure),
      env: { HOME: path },
      ...more,
    }),
  }
}
