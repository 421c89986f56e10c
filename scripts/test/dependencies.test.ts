import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Who may import whom. Dependencies point downwards only; `linux` is handed to the libraries, never imported. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  bytes: [],
  fsverity: ['bytes'],
  splitstream: ['bytes', 'fsverity'],
  tree: ['bytes', 'fsverity'],
  erofs: ['bytes', 'fsverity', 'tree'],
  threads: [],
  repository: ['bytes', 'fsverity', 'splitstream', 'tree', 'erofs', 'threads'],
  registry: [],
  oci: ['bytes', 'fsverity', 'splitstream', 'tree', 'erofs', 'threads', 'repository', 'registry'],
  report: ['bytes', 'fsverity', 'tree', 'erofs', 'repository', 'oci'],
  linux: ['bytes', 'fsverity'],
}

/** Packages that run in a browser, Bun and Deno: no file system, no process. */
const PURE = ['bytes', 'fsverity', 'splitstream', 'tree', 'erofs']

/** The one file of a pure package that may speak to Node; it has an entry of its own. */
const NODE_ENTRY = 'src/node.ts'

const IMPORT =
  /^\s*(?:import|export)\b[^'"]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|^\s*import\s*['"]([^'"]+)['"]/gm

interface Import {
  readonly file: string
  readonly specifier: string
}

function sourceFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(directory, name))
}

function importsOf(packageDirectory: string, sources = 'src'): Import[] {
  return sourceFiles(join(packageDirectory, sources)).flatMap(file =>
    [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(match => ({
      file: relative(packageDirectory, file),
      specifier: match[1] ?? match[2] ?? match[3] ?? '',
    })),
  )
}

interface PackageManifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, unknown>>
}

function manifestOf(packageDirectory: string): PackageManifest {
  return JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8'))
}

test('every package has a row in the table', () => {
  expect(readdirSync(join(root, 'packages')).sort()).toEqual(Object.keys(ALLOWED).sort())
})

describe.each(Object.entries(ALLOWED))('%s', (name, allowed) => {
  const directory = join(root, 'packages', name)
  const imports = importsOf(directory)

  test('declares no composefs package but those below it', () => {
    const declared = Object.keys(manifestOf(directory).dependencies ?? {})
      .filter(dependency => dependency.startsWith('@composefs/'))
      .map(dependency => dependency.slice('@composefs/'.length))
    expect(declared.filter(dependency => !allowed.includes(dependency))).toEqual([])
  })

  test('imports what it declares, and nothing above it', () => {
    const declared = Object.keys(manifestOf(directory).dependencies ?? {})
    const strangers = imports.filter(({ specifier }) => {
      if (specifier.startsWith('.') || specifier.startsWith('node:')) return false
      const parts = specifier.split('/')
      return !declared.includes(
        specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? ''),
      )
    })
    expect(strangers).toEqual([])
  })

  test('its relative imports stay inside it', () => {
    const outside = imports.filter(
      ({ file, specifier }) =>
        specifier.startsWith('.') &&
        !join(directory, file, '..', specifier).startsWith(join(directory, 'src')),
    )
    expect(outside).toEqual([])
  })

  if (!PURE.includes(name)) return

  test('asks nothing of Node outside its own entry for it', () => {
    expect(
      imports.filter(({ file, specifier }) => specifier.startsWith('node:') && file !== NODE_ENTRY),
    ).toEqual([])
    const globals = sourceFiles(join(directory, 'src'))
      .filter(file => relative(directory, file) !== NODE_ENTRY)
      .filter(file =>
        /(?<![\w.'"`])(?:Buffer|process|require)[.(]/.test(code(readFileSync(file, 'utf8'))),
      )
    expect(globals).toEqual([])
  })
})

/** Users of the libraries in this repository, with the directory of their sources. */
const USERS = [
  ['apps/cfsctl', 'src'],
  ['action', 'src'],
  ['examples/image-files', 'src'],
  ['examples/image-id', 'src'],
  ['examples/image-page', 'page'],
  ['examples/layer-service', 'src'],
] as const

test('every example is one of the users', () => {
  const examples = readdirSync(join(root, 'examples'), { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => `examples/${name}`)
  const known = USERS.map(([directory]) => directory).filter(name => name.startsWith('examples/'))
  expect(examples.sort()).toEqual(known.sort())
})

describe.each(USERS)('%s', (directory, sources) => {
  test('imports what the libraries offer', () => {
    const imports = importsOf(join(root, directory), sources)
    expect(imports.length).toBeGreaterThan(0)
    const inner = imports.filter(({ specifier }) => {
      const [scope, name = '', ...path] = specifier.split('/')
      if (scope !== '@composefs' || path.length === 0) return false
      const { exports = {} } = manifestOf(join(root, 'packages', name))
      return !(`./${path.join('/')}` in exports)
    })
    expect(inner).toEqual([])
  })

  test('its relative imports stay inside it', () => {
    const inside = join(root, directory, sources)
    const outside = importsOf(join(root, directory), sources).filter(
      ({ file, specifier }) =>
        specifier.startsWith('.') &&
        !join(root, directory, file, '..', specifier).startsWith(inside),
    )
    expect(outside).toEqual([])
  })
})

/** The text without its comments. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '')
}
