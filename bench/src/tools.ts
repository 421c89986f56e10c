import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, runPlain } from './measure/run-measured.ts'

/** Who takes part: we, those we are compared with, and a node that does nothing. */
export const TOOLS = ['ours', 'cfsctl', 'mkcomposefs', 'skopeo', 'node'] as const

export type Tool = (typeof TOOLS)[number]

/** The tools that are here. */
export interface Toolbox {
  /** The command that starts a tool; undefined where it is absent. */
  command(tool: Tool): Command | undefined
  /** What each tool says of its version. */
  readonly versions: Readonly<Partial<Record<Tool, string>>>
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PROGRAM = join(ROOT, 'apps/cfsctl/dist/main.js')
const EMPTY_SCRIPT = fileURLToPath(new URL('./empty-script.js', import.meta.url))

/**
 * Finds the tools. BENCH_OURS, BENCH_CFSCTL, BENCH_MKCOMPOSEFS and BENCH_SKOPEO name programs by path or by a name on
 * the PATH, with arguments behind it: `cfsctl mkcomposefs` is a mkcomposefs.
 *
 * @throws Error when one that is named is not there, or our own program is not built
 */
export function findTools(env: NodeJS.ProcessEnv = process.env): Toolbox {
  const commands: Partial<Record<Tool, Command>> = {
    ours: named(env, 'BENCH_OURS') ?? builtProgram(),
    node: [process.execPath, EMPTY_SCRIPT],
  }
  const peers = {
    cfsctl: 'BENCH_CFSCTL',
    mkcomposefs: 'BENCH_MKCOMPOSEFS',
    skopeo: 'BENCH_SKOPEO',
  } as const
  for (const [tool, variable] of Object.entries(peers)) {
    const command = named(env, variable)
    if (command !== undefined) commands[tool as Tool] = command
  }
  const versions: Partial<Record<Tool, string>> = { node: process.version }
  for (const tool of TOOLS) {
    const command = commands[tool]
    if (tool === 'node' || command === undefined) continue
    versions[tool] =
      runPlain([...command, '--version'])
        .trim()
        .split('\n')[0] ?? ''
  }
  return { command: tool => commands[tool], versions }
}

function named(env: NodeJS.ProcessEnv, variable: string): Command | undefined {
  const words = env[variable]?.split(' ').filter(word => word !== '') ?? []
  const [program, ...rest] = words
  if (program === undefined) return undefined
  const path = findProgram(program, env)
  if (path === undefined) throw new Error(`${variable}: ${program} is not there`)
  return [path, ...rest]
}

/** A program by its path, or by its name on the PATH. */
function findProgram(program: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const directories = program.includes('/') ? [''] : (env.PATH ?? '').split(delimiter)
  return directories
    .map(directory => join(directory, program))
    .find(path => {
      try {
        accessSync(path, constants.X_OK)
        return statSync(path).isFile()
      } catch {
        return false
      }
    })
}

function builtProgram(): Command {
  if (!existsSync(PROGRAM)) throw new Error('apps/cfsctl is not built: pnpm build')
  return [process.execPath, PROGRAM]
}

/** Whether a source of the program is newer than what was built of it. */
export function isBuildStale(): boolean {
  if (!existsSync(PROGRAM)) return false
  const built = statSync(PROGRAM).mtimeMs
  const packages = readdirSync(join(ROOT, 'packages')).map(name => join(ROOT, 'packages', name))
  return [join(ROOT, 'apps/cfsctl'), ...packages]
    .map(directory => join(directory, 'src'))
    .flatMap(source =>
      readdirSync(source, { recursive: true, encoding: 'utf8' }).map(name => join(source, name)),
    )
    .some(file => statSync(file).mtimeMs > built)
}
