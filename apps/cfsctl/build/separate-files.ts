import { resolve } from 'node:path'
import type { Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/**
 * Leaves an `import()` of an entry point to run time, so that it is a file of its own. Everything else that an entry
 * point loads becomes part of its file, once for each of them: to find, read and link a file costs Node more than most
 * of our modules take.
 *
 * @param entries source files by the name of their output, beside each other
 */
export function separateFiles(entries: Readonly<Record<string, string>>): Plugin {
  const outputs = new Map(
    Object.entries(entries).map(([name, source]) => [resolve(source), `./${name}.js`]),
  )
  return {
    name: 'separate-files',
    setup(build) {
      build.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        const output = outputs.get(resolve(resolveDir, path))
        return kind === 'dynamic-import' && output !== undefined
          ? { path: output, external: true }
          : undefined
      })
    },
  }
}
