import type { Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/** Modules that Node has loaded before a program begins. */
const AT_HAND: ReadonlySet<string> = new Set(
  ['buffer', 'events', 'fs', 'path', 'process', 'timers', 'url', 'util'].map(
    name => `node:${name}`,
  ),
)

/**
 * Loads the modules of Node when they are used. An import statement loads them with the program, and makes Node look at
 * each of their exports, some of which are doors to whole parts of it: the streams behind `fs.ReadStream`, WebCrypto
 * behind `crypto.subtle`. `node:fs` alone costs 4 ms this way, and a program that is bundled has a dozen of them.
 */
export const builtInModules: Plugin = {
  name: 'built-in-modules',
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path, kind }) => ({
      path,
      namespace: kind === 'require-call' ? 'required-built-in' : 'built-in',
      sideEffects: false,
    }))
    build.onLoad({ filter: /^/, namespace: 'built-in' }, ({ path }) => ({
      contents: AT_HAND.has(path) ? moduleAtHand(path) : moduleForLater(path),
    }))
    build.onLoad({ filter: /^/, namespace: 'required-built-in' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}')`,
    }))
  },
}

/** Exports that nobody imports leave no trace in the bundle. */
function moduleAtHand(path: string): string {
  return [
    `const builtIn = /* @__PURE__ */ process.getBuiltinModule('${path}')`,
    ...exportsOf(path).map(name => atOnce(name, `builtIn.${name}`)),
  ].join('\n')
}

/** Functions, classes and `constants` are stand-ins that load the module when they are used. */
function moduleForLater(path: string): string {
  const module = process.getBuiltinModule(path) as Readonly<Record<string, unknown>>
  const statement = (name: string) => {
    if (typeof module[name] === 'function') {
      return `export const ${name} = /* @__PURE__ */ callLater('${name}')`
    }
    if (name === 'constants')
      return 'export const constants = /* @__PURE__ */ readLater("constants")'
    return atOnce(name, `load('${name}')`)
  }
  return [
    `const load = name => process.getBuiltinModule('${path}')[name]`,
    `const callLater = name => new Proxy(function () {}, {
      apply: (_, self, args) => load(name)(...args),
      construct: (_, args, target) => Reflect.construct(load(name), args, target),
      get: (_, key) => load(name)[key],
    })`,
    `const readLater = name => new Proxy({}, {
      get: (_, key) => load(name)[key],
      has: (_, key) => key in load(name),
      ownKeys: () => Reflect.ownKeys(load(name)),
      getOwnPropertyDescriptor: (_, key) =>
        key in load(name) ? { value: load(name)[key], enumerable: true, configurable: true } : undefined,
    })`,
    ...exportsOf(path).map(statement),
  ].join('\n')
}

function atOnce(name: string, value: string): string {
  return `export const ${name} = /* @__PURE__ */ (() => ${value})()`
}

function exportsOf(path: string): string[] {
  return Object.keys(process.getBuiltinModule(path) ?? {}).filter(name => IDENTIFIER.test(name))
}

const IDENTIFIER = /^[A-Za-z]\w*$/
