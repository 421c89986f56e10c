import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A runtime whose executable comes as a package without an install script. */
export interface PackagedRuntime {
  readonly name: 'deno' | 'bun'
  readonly package: string
  readonly version: string
  /** Of the package's file, as the registry publishes it. */
  readonly integrity: string
  /** The executable in the package. */
  readonly executable: string
  /** What runs a module of this checkout with the sources of the packages; the URL of the vectors comes behind it. */
  command(module: string, host: string): readonly string[]
}

/** Linux on x86-64: where these tests run. */
export const PACKAGED_RUNTIMES: readonly PackagedRuntime[] = [
  {
    name: 'deno',
    package: '@deno/linux-x64-glibc',
    version: '2.9.6',
    integrity:
      'sha512-3md4TKLCuzsLDmfOoC5KN7NAZaxSVkMgm64vg6foD00JBADCpYS2/5QqXfzgnP5ZQz3iLP9vBQJtEgc116OAoQ==',
    executable: 'deno',
    // Allowed is nothing but to talk to the server: no file, no variable, no process.
    command: (module, host) => [
      'run',
      '--quiet',
      '--no-config',
      '--no-remote',
      '--no-prompt',
      '--node-modules-dir=manual',
      '--conditions=composefs-source',
      `--allow-net=${host}`,
      module,
    ],
  },
  {
    name: 'bun',
    package: '@oven/bun-linux-x64-baseline',
    version: '1.4.5',
    integrity:
      'sha512-s8yMwYcFnnrA178gji0gZbkE2WVDej/Ti1x770oPfihxyRxSMNhGhiAQNXV53aDeraZxksdvKV/RAdQBCd0qPA==',
    executable: 'bin/bun',
    command: module => ['--conditions=composefs-source', 'run', module],
  },
]

/** Where the executable is that `pnpm --filter composefs-runtimes run fetch` puts there. */
export function fetchedExecutable(runtime: PackagedRuntime): string {
  const cache = process.env.COMPOSEFS_TEST_CACHE ?? join(tmpdir(), 'composefs-test-cache')
  return join(cache, 'runtimes', `${runtime.name}-${runtime.version}`, runtime.executable)
}

/** The executable, or why there is none. */
export function findRuntime(runtime: PackagedRuntime): { path: string } | { reason: string } {
  const path = fetchedExecutable(runtime)
  if (existsSync(path)) return { path }
  return { reason: `${runtime.name} is not there: pnpm --filter composefs-runtimes run fetch` }
}

/** Chromium, or why there is none. */
export function findChromium(): { path: string } | { reason: string } {
  const { CHROMIUM } = process.env
  if (CHROMIUM !== undefined) return { path: CHROMIUM }
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' })
    if (found.status === 0) return { path: found.stdout.trim() }
  }
  return { reason: 'no chromium in PATH' }
}
