import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { Published } from './published.ts'

/** Bytes of a package's code. */
export interface CodeSize {
  readonly minified: number
  readonly gzipped: number
}

/**
 * Size of all entries of a package, without what npm installs beside it, minified. Bundled from the sources, so that
 * nothing has to be built.
 */
export async function codeSize({ directory, manifest }: Published): Promise<CodeSize> {
  const sources = Object.values(manifest.exports ?? {}).flatMap(target =>
    typeof target === 'object' && target !== null && 'composefs-source' in target
      ? [String(target['composefs-source'])]
      : [],
  )
  // The program has no entries but itself.
  const entries = sources.length > 0 ? sources : ['src/main.ts']
  const { outputFiles } = await build({
    entryPoints: entries.map(entry => join(directory, entry)),
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    outdir: join(directory, 'dist'),
    format: 'esm',
    platform: 'node',
    target: 'node22',
    conditions: ['composefs-source'],
    external: Object.keys(manifest.dependencies ?? {}).flatMap(name => [name, `${name}/*`]),
    logLevel: 'error',
  })
  const files = outputFiles.map(({ contents }) => contents)
  return { minified: sum(files), gzipped: sum(files.map(file => gzipSync(file))) }
}

function sum(files: readonly Uint8Array[]): number {
  return files.reduce((total, { length }) => total + length, 0)
}
