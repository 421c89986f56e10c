import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeDemoLayout } from '../../test-fixtures/src/index.ts'
import { Project } from './project.ts'
import type { Packed } from './published.ts'

/** These work anywhere, so they must do without the types and modules of Node. */
const PURE = new Set(['bytes', 'fsverity', 'splitstream', 'tree', 'erofs'].map(scoped))

/** Packages that a program here uses beside its own. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  splitstream: ['fsverity'],
  tree: ['fsverity'],
  erofs: ['fsverity', 'tree'],
  linux: ['fsverity'],
  repository: ['linux'],
  oci: ['linux', 'repository'],
  report: ['linux', 'repository'],
}

/**
 * Uses a library from its tarball in a project of its own: by plain JavaScript, through TypeScript as Node and as
 * bundlers resolve packages, and from a bundle. All must print the same.
 *
 * @returns what they print
 */
export async function tryLibrary(
  { name, manifest }: Packed,
  tarballs: Readonly<Record<string, string>>,
  directory: string,
): Promise<string> {
  const short = name.slice('@composefs/'.length)
  const beside = (BESIDE[short] ?? []).map(scoped)
  const ours = Object.fromEntries([name, ...beside].map(each => [each, `file:${tarballs[each]}`]))
  // Native code stays outside of bundles, where its package must be found.
  const native = { koffi: readKoffiVersion() }
  const project = new Project(directory, { ...ours, ...native, '@types/node': '^24' })
  project.install(
    Object.fromEntries(Object.entries(tarballs).map(([key, file]) => [key, `file:${file}`])),
  )
  await writeDemoLayout(join(directory, 'layout'))

  const use = readFileSync(join(import.meta.dirname, `uses/${short}.js`), 'utf8')
  project.write('use.js', use)
  project.write('use.ts', use)
  const printed = project.node('use.js')
  const entries = Object.keys(manifest.exports ?? {}).map(entry => entry.replace('.', name))
  project.write('names.ts', importAllNames(project, entries))

  const files = ['use.ts', 'names.ts']
  project.compile('bundler', files, ['node'])
  const output = project.compile('nodenext', files, ['node'])
  project.node(`${output}/names.js`)
  compare('TypeScript', printed, project.node(`${output}/use.js`))
  project.bundle('use.ts', 'bundle.js', 'node')
  compare('bundle', printed, project.node('bundle.js'))
  if (PURE.has(name)) tryPure(project, name)
  return printed
}

/** Everything that the first entry has, without Node: bundled for a browser, typed without its types. */
function tryPure(project: Project, name: string): void {
  project.write('pure.ts', `import * as all from '${name}'\nconsole.log(Object.keys(all).length)\n`)
  project.compile('bundler', ['pure.ts'], [])
  project.bundle('pure.ts', 'pure-bundle.js', 'browser')
  project.node('pure-bundle.js')
}

/** A program that imports by name all that the entries have at run time: the declarations must know each of them. */
function importAllNames(project: Project, entries: readonly string[]): string {
  const script = `for (const entry of ${JSON.stringify(entries)}) {
    console.log(entry, Object.keys(await import(entry)).join(' '))
  }`
  const lines = project.node('--input-type=module', '--eval', script).trim().split('\n')
  return lines
    .map((line, index) => {
      const [entry, ...names] = line.split(' ')
      if (names.length === 0) throw new Error(`${entry} exports nothing`)
      const imported = names.map(each => `${each} as ${each}${index}`).join(', ')
      return `import { ${imported} } from '${entry}'\nvoid [${names.map(each => `${each}${index}`).join(', ')}]\n`
    })
    .join('')
}

function compare(how: string, expected: string, found: string): void {
  if (found !== expected) throw new Error(`${how} printed:\n${found}plain JavaScript:\n${expected}`)
}

function readKoffiVersion(): string {
  const file = join(import.meta.dirname, '../../packages/linux/node_modules/koffi/package.json')
  return JSON.parse(readFileSync(file, 'utf8')).version
}

function scoped(short: string): string {
  return `@composefs/${short}`
}
