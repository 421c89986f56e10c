import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type koffiType from 'koffi'

export type Koffi = typeof koffiType

/** Where musl has its loader: koffi has another library for it. */
const MUSL: Readonly<Record<string, string>> = {
  x64: '/lib/ld-musl-x86_64.so.1',
  arm64: '/lib/ld-musl-aarch64.so.1',
}

let loaded: Koffi | undefined

/**
 * Loads koffi, once.
 *
 * Its own loader goes through five modules to find the library that matters, which takes longer than a short command
 * does (8 ms). So the library is looked for first, where package managers put it.
 *
 * @throws Error when it is not there
 */
export function loadKoffi(): Koffi {
  if (loaded === undefined) {
    const require = createRequire(import.meta.url)
    loaded = loadLibrary(require.resolve.paths('koffi') ?? []) ?? (require('koffi') as Koffi)
  }
  return loaded
}

/** The library of koffi for this machine, if it is beside the package; undefined leaves it to koffi to find it. */
function loadLibrary(moduleDirectories: readonly string[]): Koffi | undefined {
  const { arch, platform } = process
  const musl = MUSL[arch]
  if (platform !== 'linux' || musl === undefined || existsSync(musl)) return undefined
  const directory = moduleDirectories.find(candidate => existsSync(join(candidate, 'koffi')))
  if (directory === undefined) return undefined
  const module = { exports: {} as Partial<Koffi> }
  try {
    const koffi = realpathSync.native(join(directory, 'koffi'))
    const library = `@koromix/koffi-linux-${arch}/linux_${arch}/koffi.node`
    process.dlopen(module, join(koffi, '..', library))
  } catch {
    return undefined
  }
  return typeof module.exports.load === 'function' ? (module.exports as Koffi) : undefined
}
