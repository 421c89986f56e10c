import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  missingPrograms,
  startRegistry,
  type TestRegistry,
  writeRegistriesConf,
} from '@composefs/test-fixtures/registry'
import type { InputCache } from './inputs/cache.ts'
import { TAG } from './inputs/layout.ts'

/** A registry on loopback with images pushed once, for as long as the inputs are kept. */
export class BenchRegistry {
  readonly #registry: TestRegistry
  readonly #storage: string
  /** What lets all programs speak plain HTTP with it. */
  readonly env: Readonly<Record<string, string>>

  private constructor(registry: TestRegistry, storage: string, env: Record<string, string>) {
    this.#registry = registry
    this.#storage = storage
    this.env = env
  }

  /** Why there can be none here. */
  static unavailable(): string | undefined {
    return missingPrograms('docker-registry')
  }

  static async start(cache: InputCache, directory: string): Promise<BenchRegistry> {
    const storage = await cache.get('registry', path => mkdirSync(path))
    const registry = await startRegistry({ storage })
    const configuration = join(directory, '.config', 'containers')
    mkdirSync(configuration, { recursive: true })
    writeRegistriesConf(join(configuration, 'registries.conf'), [registry.host])
    // Not every skopeo looks at CONTAINERS_REGISTRIES_CONF, all of them look there.
    const env = { HOME: directory, XDG_CONFIG_HOME: join(directory, '.config') }
    return new BenchRegistry(registry, storage, env)
  }

  /** The image of a layout, as `docker://` names it, without its tag. */
  async image(layout: string): Promise<string> {
    const name = layout.slice(layout.lastIndexOf('/') + 1)
    const pushed = join(this.#storage, `${name}.pushed`)
    if (!existsSync(pushed)) {
      await this.#registry.pusher.layout(name, layout, TAG)
      writeFileSync(pushed, '')
    }
    return `${this.#registry.host}/${name}`
  }

  async stop(): Promise<void> {
    await this.#registry.stop()
  }
}
