import { dirname } from 'node:path'
import type { Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/** Leaves out the portable hashes: the program runs on Node alone, and they take 2 ms to make their tables. */
export const nodeHashing: Plugin = {
  name: 'node-hashing',
  setup(build) {
    build.onLoad({ filter: /\/fsverity\/src\/noble\.ts$/ }, ({ path }) => ({
      contents: "export { nodeHashing as nobleHashing } from './node.ts'",
      resolveDir: dirname(path),
    }))
  },
}
