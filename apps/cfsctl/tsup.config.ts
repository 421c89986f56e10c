import { defineConfig, type Options } from 'tsup'
import { library } from '../../tsup.config.base.ts'
import { builtInModules } from './build/built-in-modules.ts'
import { engineHashes } from './build/engine-hashes.ts'
import { nodeHashing } from './build/node-hashing.ts'
import { separateFiles } from './build/separate-files.ts'

/** A file of the program for each. A command loads `main`, `program` and the one that it is in. */
export const bundles = {
  program: 'src/run-program.ts',
  completion: 'src/bundles/completion.ts',
  manual: 'src/bundles/manual.ts',
  light: 'src/bundles/light.ts',
  pull: 'src/bundles/pull.ts',
  send: 'src/bundles/send.ts',
  check: 'src/bundles/check.ts',
  repair: 'src/bundles/repair.ts',
  trees: 'src/bundles/trees.ts',
  mount: 'src/bundles/mount.ts',
  report: 'src/bundles/report.ts',
  doctor: 'src/bundles/doctor.ts',
  undici: 'build/undici.js',
  'helper-thread': 'src/helper-thread.ts',
}
const entry = { main: 'src/main.ts', ...bundles }

// All libraries are bundled, each command with what it uses of them; native code stays outside.
export const program: Options = {
  ...library,
  platform: 'node',
  entry,
  splitting: false,
  minifySyntax: true,
  minifyWhitespace: true,
  external: ['koffi'],
  removeNodeProtocol: false,
  esbuildPlugins: [separateFiles(entry), engineHashes, builtInModules, nodeHashing],
  inject: ['build/performance.ts', 'build/crypto.ts'],
  esbuildOptions: options => {
    options.conditions = ['composefs-source']
    // The libraries have their sources in their own packages.
    options.sourcesContent = false
  },
  noExternal: [/^@composefs\//, /^smol-toml$/, /^undici($|\/)/],
}

export default defineConfig(program)
