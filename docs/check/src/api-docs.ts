import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  Application,
  Converter,
  Logger,
  LogLevel,
  type ProjectReflection,
  ReflectionKind,
} from 'typedoc'
import { root } from './pages.ts'

/** The API as docstrings describe it, and what is missing or wrong in them. */
export interface ApiDocs {
  readonly application: Application
  readonly project: ProjectReflection | undefined
  /** Warnings and errors, empty when every exported thing has a docstring and every link leads somewhere. */
  readonly findings: readonly string[]
}

interface Entry {
  /** `@composefs/oci/layer` */
  readonly name: string
  readonly file: string
}

/** A property that holds a function is asked for a docstring although properties are not. */
const PROPERTY = /\(Property\), .* does not have any documentation/

/**
 * Reads the docstrings of everything that the packages export.
 *
 * Properties need none: `uid` says what it is. Types are not checked here, `pnpm types` does.
 */
export async function readApi(): Promise<ApiDocs> {
  const entries = entryPoints()
  const application = await Application.bootstrap({
    name: 'composefs for TypeScript',
    readme: 'none',
    entryPoints: entries.map(({ file }) => file),
    tsconfig: fileURLToPath(new URL('../api.tsconfig.json', import.meta.url)),
    skipErrorChecking: true,
    excludePrivate: true,
    excludeInternal: true,
    disableGit: true,
    sourceLinkTemplate: '{path}#L{line}',
    basePath: root,
    validation: { notExported: false, invalidLink: true, invalidPath: true, notDocumented: true },
    requiredToBeDocumented: [
      'Variable',
      'Function',
      'Class',
      'Interface',
      'Method',
      'Accessor',
      'TypeAlias',
    ],
    packagesRequiringDocumentation: packageNames(entries),
  })
  const logger = new Findings()
  application.logger = logger
  nameModules(application, entries)
  const project = await application.convert()
  if (project !== undefined) application.validate(project)
  return { application, project, findings: logger.findings }
}

/** Collects what is not right, and is silent. */
class Findings extends Logger {
  readonly findings: string[] = []

  override log(message: string, level: LogLevel): void {
    if (level >= LogLevel.Warn && !PROPERTY.test(message)) this.findings.push(message)
  }
}

/** Every module that a published package exports. */
function entryPoints(): Entry[] {
  return globSync('packages/*/package.json', { cwd: root })
    .sort()
    .flatMap(path => {
      const { name, exports = {} } = JSON.parse(readFileSync(join(root, path), 'utf8'))
      return Object.entries<Record<string, string>>(exports).flatMap(([key, conditions]) => {
        const source = conditions['composefs-source']
        if (source === undefined) return []
        return [{ name: name + key.slice(1), file: join(root, dirname(path), source) }]
      })
    })
}

function packageNames(entries: readonly Entry[]): string[] {
  return [...new Set(entries.map(({ name }) => name.split('/').slice(0, 2).join('/')))]
}

/** Modules are called as they are imported, not as their files are. */
function nameModules(application: Application, entries: readonly Entry[]): void {
  const names = new Map(entries.map(({ name, file }) => [file, name]))
  application.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Module)) return
    const file = context.project.getSymbolIdFromReflection(reflection)?.fileName
    const name = file === undefined ? undefined : names.get(file)
    if (name !== undefined) reflection.name = name
  })
}
