import { defineConfig } from 'tsup'
import { library } from '../../tsup.config.base.ts'

// The libraries are bundled so that a command loads one small chunk; native and archive code stays outside.
export default defineConfig({
  ...library,
  platform: 'node',
  entry: ['src/main.ts'],
  external: [/^node:/, 'koffi', 'tar-stream'],
  esbuildOptions: options => {
    options.conditions = ['composefs-source']
  },
  noExternal: [/^@composefs\//, /^@noble\//],
})
