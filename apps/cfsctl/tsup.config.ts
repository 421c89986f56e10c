import { defineConfig } from 'tsup'
import { library } from '../../tsup.config.base.ts'
import { builtInModules } from './build/built-in-modules.ts'
import { separateFiles } from './build/separate-files.ts'

/** A file of the program for each. A command loads `main`, `program` and the one that it is in. */
const entry = {
  main: 'src/main.ts',
  program: 'src/run-program.ts',
  light: 'src/bundles/light.ts',
  pull: 'src/bundles/pull.ts',
  send: 'src/bundles/send.ts',
  check: 'src/bundles/check.ts',
  trees: 'src/bundles/trees.ts',
  mount: 'src/bundles/mount.ts',
  'helper-thread': 'src/helper-thread.ts',
}

// The libraries are bundled, each command with what it uses of them; native code and the HTTP client stay outside.
export default defineConfig({
  ...library,
  platform: 'node',
  entry,
  splitting: false,
  minifySyntax: true,
  minifyWhitespace: true,
  external: ['koffi', 'undici', 'smol-toml'],
  removeNodeProtocol: false,
  esbuildPlugins: [separateFiles(entry), builtInModules],
  esbuildOptions: options => {
    options.conditions = ['composefs-source']
  },
  noExternal: [/^@composefs\//, /^@noble\//],
})
