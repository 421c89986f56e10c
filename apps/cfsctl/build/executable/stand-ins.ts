import { fileURLToPath } from 'node:url'
import type { Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/** Modules that look for files on disk, and what the executable has in their place. */
const STAND_INS: readonly { module: RegExp; stands: string; exports: string }[] = [
  { module: /\/linux\/src\/koffi\.ts$/, stands: 'koffi.ts', exports: 'loadKoffi' },
  {
    module: /\/cfsctl\/src\/repository\/helper-worker\.ts$/,
    stands: 'helper-worker.ts',
    exports: 'startHelperWorker',
  },
]

/** Lets the program find inside the executable what it otherwise finds beside itself. */
export const standIns: Plugin = {
  name: 'stand-ins',
  setup(build) {
    for (const { module, stands, exports } of STAND_INS) {
      const path = fileURLToPath(new URL(`../../src/executable/${stands}`, import.meta.url))
      build.onLoad({ filter: module }, () => ({
        contents: `export { ${exports} } from ${JSON.stringify(path)}`,
      }))
    }
  },
}
