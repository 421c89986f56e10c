import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './pages.ts'

/** A line that starts a script of the workspace, or installs one of its packages. */
const WORKSPACE_COMMAND = /^(?:npx -y pnpm@12|pnpm|npm (?:install|i)|npx -y cfsctl)\s/

/** What pnpm itself does. */
const PNPM_OWN = new Set(['install', 'exec'])

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly scripts?: Readonly<Record<string, string>>
}

/** The lines of a block for a shell in a scratch directory, and those about the workspace, which stay out of it. */
export function splitCommands(text: string): { run: string[]; ofWorkspace: string[] } {
  const lines = text.split('\n')
  return {
    run: lines.filter(line => !WORKSPACE_COMMAND.test(line)),
    ofWorkspace: lines.filter(line => WORKSPACE_COMMAND.test(line)),
  }
}

/**
 * What is wrong with a line about the workspace: a script that is not there, or a package that nobody publishes.
 * Undefined for a good one. That what they start works is for `.ci/run`, which starts it.
 */
export function commandFault(line: string): string | undefined {
  const words = line
    .replace(/\s#.*$/, '')
    .trim()
    .split(/\s+/)
  if (words[0] === 'npm') {
    const names = words.slice(2).filter(word => !word.startsWith('-'))
    const unknown = names.filter(name => !publishedNames().includes(name))
    return unknown.length === 0 ? undefined : `no package ${unknown.join(', ')}`
  }
  const rest = words.slice(words[0] === 'npx' ? 3 : 1)
  if (words[2] === 'cfsctl') return undefined
  if (rest[0] === '--filter') return filteredFault(rest[1] ?? '', rest.slice(2))
  const name = rest[0] === 'run' ? rest[1] : rest[0]
  if (name === undefined || PNPM_OWN.has(name)) return undefined
  return scriptsOf('package.json')[name] === undefined ? `no script ${name}` : undefined
}

function filteredFault(filter: string, rest: readonly string[]): string | undefined {
  const manifest = manifests().find(({ name }) => name === filter)
  if (manifest === undefined) return `no package ${filter}`
  const name = (rest[0] === 'run' ? rest[1] : rest[0]) ?? ''
  return manifest.scripts?.[name] === undefined ? `no script ${name} in ${filter}` : undefined
}

function publishedNames(): string[] {
  return manifests()
    .filter(manifest => manifest.private !== true)
    .map(({ name }) => name)
}

function manifests(): Manifest[] {
  const paths = globSync(['*/package.json', '{apps,packages,docs,examples}/*/package.json'], {
    cwd: root,
  })
  return paths.map(path => JSON.parse(readFileSync(join(root, path), 'utf8')))
}

function scriptsOf(path: string): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(join(root, path), 'utf8')).scripts ?? {}
}
