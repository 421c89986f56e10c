import type { Options } from 'tsup'

/** What every library shares: ESM with source maps; declarations come from tsc. */
export const library: Options = {
  format: 'esm',
  target: 'node22',
  platform: 'neutral',
  sourcemap: true,
  splitting: true,
  dts: false,
  external: [/^node:/, /^@composefs\//],
}
