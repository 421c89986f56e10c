import type { Options } from 'tsup'

/** What every library shares: ESM with source maps; declarations come from tsc. */
export const library: Options = {
  format: 'esm',
  target: 'node22',
  platform: 'neutral',
  sourcemap: true,
  splitting: true,
  // Chunks of earlier builds would be packed too. The declarations are not ours to remove.
  clean: ['!**/*.d.ts', '!**/*.d.ts.map'],
  dts: false,
  esbuildOptions: options => {
    // The maps point to src, which is packed too.
    options.sourcesContent = false
  },
  external: [/^node:/, /^@composefs\//],
}
