import { defineConfig } from 'tsup'
import { library } from '../../tsup.config.base.ts'

// The libraries are bundled so that a command loads one small chunk; native code and the HTTP client stay outside.
export default defineConfig({
  ...library,
  platform: 'node',
  entry: ['src/main.ts', 'src/digest-worker.ts', 'src/helper-thread.ts'],
  external: [/^node:/, 'koffi', 'undici', 'smol-toml'],
  esbuildOptions: options => {
    options.conditions = ['composefs-source']
  },
  noExternal: [/^@composefs\//, /^@noble\//],
})
