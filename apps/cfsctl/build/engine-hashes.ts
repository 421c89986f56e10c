import { fileURLToPath } from 'node:url'
import type { Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

const CREATE_HASH = fileURLToPath(new URL('../src/repository/create-hash.ts', import.meta.url))

/** Who needs the true `node:crypto`: it is what the engine falls back to. */
const FALLBACK = /\/fsverity\/src\/node\.ts$/

/**
 * Lets the engine make the hashes that the libraries ask `node:crypto` for. Loading that module takes 8 ms, mostly for
 * ciphers and keys, and a pull or a list of images hashes a few documents of a kilobyte.
 */
export const engineHashes: Plugin = {
  name: 'engine-hashes',
  setup(build) {
    build.onResolve({ filter: /^node:crypto$/ }, ({ importer, kind, namespace }) => {
      if (kind !== 'import-statement' || namespace !== 'file') return undefined
      if (FALLBACK.test(importer) || importer === CREATE_HASH) return undefined
      return { path: CREATE_HASH }
    })
  },
}
