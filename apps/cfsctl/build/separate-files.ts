import { resolve } from 'node:path'
import type { Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/**
 * Leaves an `import()` of an entry point to run time, so that it is a file of its own. Everything else that an entry
 * point loads becomes part of its file, once for each of them: to find, read and link a file costs Node more than most
 * of our modules take.
 *
 * @param entries source files by the name of their output, beside each other; one that has the name of a package
 *   stands for it
 */
export function separateFiles(entries: Readonly<Record<string, string>>): Plugin {
  const names = Object.keys(entries)
  const packages = new Map(names.map(name => [name, `./${name}.js`]))
  const outputs = new Map(names.map(name => [resolve(entries[name] ?? ''), `./${name}.js`]))
  return {
    name: 'separate-files',
    setup(build) {
      build.onResolve({ filter: /^/ }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined
        const isFile = path.startsWith('.')
        const output = isFile ? outputs.get(resolve(resolveDir, path)) : packages.get(path)
        return output === undefined ? undefined : { path: output, external: true }
      })
    },
  }
}
