import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** The action's directory. */
export const root: string = fileURLToPath(new URL('..', import.meta.url))

/** Modules of CommonJS in the bundle ask for Node's by `require`, which a module has to make itself. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

/** What was built. */
export interface BuiltAction {
  readonly file: string
  /** Every file that went in, relative to the action's directory. */
  readonly inputs: readonly string[]
  /** Specifiers of the modules that the bundle does not hold. */
  readonly imports: readonly string[]
}

/**
 * Bundles the action into one file, as the runner wants it: nothing is installed where it runs. The licences of what
 * is in it come beside it.
 */
export async function bundleAction(directory: string): Promise<BuiltAction> {
  const file = join(directory, 'index.js')
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    conditions: ['composefs-source'],
    banner: { js: REQUIRE },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  const inputs = Object.keys(metafile.inputs)
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'LICENSE-THIRD-PARTY'), await licences(inputs))
  const [output] = Object.values(metafile.outputs)
  const imports = [...new Set(output?.imports.map(({ path }) => path))].sort()
  return { file, inputs, imports }
}

async function licences(inputs: readonly string[]): Promise<string> {
  const directories = new Set<string>()
  for (const input of inputs) {
    const [, directory] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input) ?? []
    if (directory !== undefined) directories.add(directory)
  }
  const texts = await Promise.all(
    [...directories].sort().map(async directory => {
      const at = join(root, directory)
      const { name, version } = JSON.parse(await readFile(join(at, 'package.json'), 'utf8'))
      const licence = (await readFile(join(at, 'LICENSE'), 'utf8')).trim()
      return `${name} ${version}\n\n${licence}\n`
    }),
  )
  return ['index.js contains parts of these packages.\n', ...texts].join('\n---\n\n')
}

/** Where the release has the bundle. */
export const distribution: string = join(root, 'dist')
