import { Script } from 'node:vm'
import { asset, requiredAsset } from './assets.ts'

/** What a bundle's own code stands in. */
type BundleFunction = (
  require: (name: string) => unknown,
  module: { exports: unknown },
  exports: unknown,
  directory: string,
) => void

const loaded = new Map<string, { exports: unknown }>()
const scripts = new Map<string, Script>()

/**
 * Loads a bundle of the program, once in each thread.
 *
 * @param name such as `./pull.js`, as the bundles name each other
 */
export function loadBundle(name: string): unknown {
  const known = loaded.get(name)
  if (known !== undefined) return known.exports
  const module = { exports: {} }
  loaded.set(name, module)
  const run = compileBundle(name).runInThisContext() as BundleFunction
  run(loadBundle, module, module.exports, __dirname)
  return module.exports
}

/**
 * A bundle as a script. Its code was compiled when the executable was made; where that form does not suit this machine,
 * V8 compiles the text again.
 */
export function compileBundle(name: string): Script {
  const file = name.replace('./', '')
  // The build escapes everything that is not ASCII.
  const text = requiredAsset(file).toString('latin1')
  const cachedData = asset(codeName(file))
  const script = new Script(`(function (require, module, exports, __dirname) {${text}\n})`, {
    filename: `cfsctl/${file}`,
    ...(cachedData === undefined ? {} : { cachedData }),
  })
  scripts.set(file, script)
  return script
}

/** Name of the asset that has a bundle's code as V8 compiled it. */
export function codeName(file: string): string {
  return `${file}.code`
}

/** What was compiled so far, for the build: its code with the functions that have run. */
export function compiledScripts(): ReadonlyMap<string, Script> {
  return scripts
}
