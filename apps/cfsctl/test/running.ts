import { type ChildProcess, spawn } from 'node:child_process'
import { type Outcome, ourProgram } from './programs.ts'

/** Our program while it runs, beside servers of this process. */
export interface Running {
  readonly child: ChildProcess
  /** What it has printed on standard error so far. */
  stderr(): string
  /** Resolves when it has ended, however it did. */
  readonly ended: Promise<Outcome>
  /** Waits until something is so, or the program has ended. */
  until(condition: () => boolean): Promise<void>
}

/** Starts our program. `ended` has to be awaited: nobody else waits for it. */
export function startOurs(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(process.execPath, [...ourProgram, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
  })
  const stdout: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) =>
      resolve({ status, signal, stdout: Buffer.concat(stdout), stderr }),
    )
  })
  let hasEnded = false
  ended.then(
    () => {
      hasEnded = true
    },
    () => {
      hasEnded = true
    },
  )
  return {
    child,
    stderr: () => stderr,
    ended,
    until: condition => until(() => hasEnded || condition()),
  }
}

/** Waits until something is so. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 5))
}
