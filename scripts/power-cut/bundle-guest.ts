import { join } from 'node:path'
import { build } from 'tsup'

/**
 * Puts the guest's program into one file: reading many small ones is what costs in the machine. It lies where the
 * packages are found that cannot be put into it.
 */
export async function bundleGuest(root: string): Promise<string> {
  const outDir = join(root, 'apps/cfsctl/node_modules/.cache/power-cut')
  await build({
    config: false,
    silent: true,
    clean: true,
    entry: [join(root, 'scripts/power-cut/guest.ts')],
    outDir,
    format: 'esm',
    target: 'node22',
    platform: 'node',
    external: [/^node:/, 'koffi', 'undici', 'smol-toml'],
    noExternal: [/^@composefs\//, /^@noble\//],
    esbuildOptions: options => {
      options.conditions = ['composefs-source']
    },
    outExtension: () => ({ js: '.mjs' }),
  })
  return join(outDir, 'guest.mjs')
}
