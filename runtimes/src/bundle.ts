import { build, type Metafile } from 'esbuild'

export interface Bundle {
  readonly code: string
  /** Every module that went in, with what it imports. */
  readonly inputs: Metafile['inputs']
}

/**
 * Bundles a module for browsers from the sources of the packages.
 *
 * Nothing of Node is external or replaced: an import of it, below whatever, fails the bundling.
 */
export async function bundleForBrowser(contents: string, resolveDir: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir, loader: 'ts' },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    conditions: ['composefs-source'],
    logLevel: 'silent',
  })
  return { code: outputFiles[0]?.text ?? '', inputs: metafile.inputs }
}
