import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import type koffiType from 'koffi'
import { requiredAsset } from './assets.ts'
import { loadFromMemory } from './native-library.ts'

type Koffi = typeof koffiType

/** Under this name a thread finds where the one before it has the library. */
const PLACE = 'cfsctl-koffi'

let loaded: Koffi | undefined

/**
 * Stands for `koffi.ts` of linux: the library comes out of the executable.
 *
 * @throws Error when no file system lets us run code
 */
export function loadKoffi(): Koffi {
  if (loaded === undefined) {
    const known = getEnvironmentData(PLACE)
    const { exports, path } = loadFromMemory(typeof known === 'string' ? known : undefined, () =>
      requiredAsset('koffi.node'),
    )
    // Threads that start later get it with their environment.
    setEnvironmentData(PLACE, path)
    loaded = exports as Koffi
  }
  return loaded
}
