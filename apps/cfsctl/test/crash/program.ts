import { type ChildProcess, spawn } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Milliseconds after which a run counts as hung. Each takes well below one second alone. */
const HANGS_AFTER = 60_000

/** How our program is started. */
export type Program = readonly [command: string, ...args: string[]]

/**
 * Builds the program below `directory` as it is packed: it starts several times as fast as from its sources, and nobody
 * builds it anew while tests run.
 */
export async function buildProgram(directory: string): Promise<Program> {
  const source = fileURLToPath(new URL('../../', import.meta.url))
  // By this Node: what it knows of its own modules is in the build.
  const tsup = [process.execPath, 'node_modules/tsup/dist/cli-default.js']
  const build = [...tsup, '--silent', '--out-dir', join(directory, 'dist')]
  await runWell(build, { directory: source })
  for (const name of ['package.json', 'node_modules']) {
    symlinkSync(join(source, name), join(directory, name))
  }
  return [process.execPath, join(directory, 'dist/main.js')]
}

/** How a process ended. */
export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** From its start to its end, in ms. */
  readonly duration: number
  /** True when it had to be killed because it did not end. */
  readonly hung: boolean
}

/** How to run a process. */
export interface RunOptions {
  /** Default `/`: no path that strace shows is below it. */
  readonly directory?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly onStart?: (child: ChildProcess) => void
}

/** Runs a process to its end, however it ends. */
export function run(words: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const [command = '', ...args] = words
  const started = performance.now()
  const child = spawn(command, args, {
    cwd: options.directory ?? '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', RUST_BACKTRACE: '0', ...options.environment },
  })
  options.onStart?.(child)
  let [stdout, stderr, hung] = ['', '', false]
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const watchdog = setTimeout(() => {
    hung = true
    child.kill('SIGKILL')
  }, HANGS_AFTER)
  return new Promise((resolve, reject) => {
    child.once('error', error => {
      clearTimeout(watchdog)
      reject(error)
    })
    child.once('close', (status, signal) => {
      clearTimeout(watchdog)
      const duration = performance.now() - started
      resolve({ status, signal, stdout, stderr, duration, hung })
    })
  })
}

/** Runs a process that has to succeed. */
export async function runWell(words: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const ended = await run(words, options)
  if (ended.status !== 0) {
    const how = ended.status === null ? ended.signal : `exit ${ended.status}`
    throw new Error(`${words.slice(1).join(' ')}: ${how}: ${ended.stdout}${ended.stderr}`)
  }
  return ended
}
