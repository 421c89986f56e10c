import { defineConfig } from 'tsup'
import { standIns } from './build/executable/stand-ins.ts'
import { bundles, program } from './tsup.config.ts'

// The same bundles as scripts, for build/executable/main.ts: an executable can have no modules inside it.
export default defineConfig({
  ...program,
  entry: {
    ...bundles,
    executable: 'src/executable/main.ts',
    helper: 'src/executable/helper.ts',
    train: 'build/executable/train.ts',
  },
  outDir: 'dist-exe/bundles',
  outExtension: () => ({ js: '.js' }),
  format: 'cjs',
  clean: true,
  sourcemap: false,
  esbuildPlugins: [standIns, ...(program.esbuildPlugins ?? [])],
  esbuildOptions: (options, context) => {
    program.esbuildOptions?.(options, context)
    options.supported = { ...options.supported, 'dynamic-import': false }
  },
})
