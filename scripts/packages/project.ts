import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { root } from './published.ts'

const TYPESCRIPT = join(root, 'node_modules/typescript/bin/tsc')
const ESBUILD = join(dirname(createRequire(import.meta.url).resolve('esbuild')), '../bin/esbuild')

/** How a compiler may find packages, and what it then makes of a file. */
const RESOLUTIONS = {
  nodenext: { module: 'nodenext', outDir: 'nodenext', noEmit: false },
  bundler: { module: 'esnext', moduleResolution: 'bundler', noEmit: true },
} as const

/** Someone's project, empty at first: what our packages have to work in. */
export class Project {
  readonly directory: string

  /** @param dependencies ranges or tarballs by name */
  constructor(directory: string, dependencies: Readonly<Record<string, string>>) {
    this.directory = directory
    mkdirSync(directory, { recursive: true })
    this.write('package.json', { private: true, type: 'module', dependencies })
  }

  write(file: string, content: string | object): void {
    const text = typeof content === 'string' ? content : JSON.stringify(content, undefined, 2)
    writeFileSync(join(this.directory, file), text)
  }

  /** Installs without hoisting: nothing can be imported that is not declared. */
  install(overrides: Readonly<Record<string, string>>): void {
    const lines = Object.entries(overrides).map(([name, file]) => `  '${name}': '${file}'\n`)
    this.write('pnpm-workspace.yaml', `pmOnFail: ignore\noverrides:\n${lines.join('')}`)
    this.run('pnpm', ['install', '--prefer-offline', '--ignore-scripts', '--reporter=silent'])
  }

  /** Runs a script on the node of this process and gives what it prints. */
  node(...args: readonly string[]): string {
    return this.run(process.execPath, args)
  }

  /** Compiles files as strictly as can be, our declarations too, and gives the directory of what came out. */
  compile(
    resolution: keyof typeof RESOLUTIONS,
    files: readonly string[],
    types: readonly string[],
  ): string {
    this.write(`tsconfig.${resolution}.json`, {
      compilerOptions: {
        ...RESOLUTIONS[resolution],
        target: 'es2024',
        lib: ['es2024', 'esnext.disposable', ...(types.length === 0 ? ['dom'] : [])],
        types,
        rootDir: '.',
        strict: true,
        skipLibCheck: false,
        noUncheckedIndexedAccess: true,
        exactOptionalPropertyTypes: true,
      },
      files,
    })
    this.node(TYPESCRIPT, '-p', `tsconfig.${resolution}.json`)
    return resolution
  }

  /** Makes one file of `entry` and all that it imports. */
  bundle(entry: string, output: string, platform: 'node' | 'browser'): void {
    this.run(ESBUILD, [
      entry,
      ...['--bundle', '--format=esm', `--platform=${platform}`, `--outfile=${output}`],
      // CommonJS inside a module wants `require`.
      ...(platform === 'node'
        ? [
            "--banner:js=import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url)",
          ]
        : []),
      '--log-level=error',
    ])
  }

  run(command: string, args: readonly string[]): string {
    const { status, stdout, stderr, error } = spawnSync(command, args, {
      cwd: this.directory,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    if (error !== undefined) throw error
    if (status === 0) return stdout
    throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`)
  }
}
