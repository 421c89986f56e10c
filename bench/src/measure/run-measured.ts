import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { adoptDescendants, wait4 } from './wait4.ts'

/** A program with its arguments. */
export type Command = readonly string[]

/** One run of a program, from its start to its end. */
export interface Sample {
  /** Seconds. */
  readonly wall: number
  /** Seconds. */
  readonly user: number
  /** Seconds. */
  readonly system: number
  /** KiB. */
  readonly peakKibibytes: number
}

/** A program that failed, with the end of what it wrote. */
export class CommandError extends Error {
  constructor(command: Command, what: string, output: string) {
    super(`${command.join(' ')}: ${what}\n${output.slice(-2000)}`)
    this.name = 'CommandError'
  }
}

/**
 * Runs a program and measures it.
 *
 * A shell in between starts it and ends. Linux lets the peak of a process begin with that of the process it was started
 * from: of a small shell that is nothing, of Node it would hide all that is smaller. The orphan becomes our child, so
 * that wait4 tells what it, and nothing else, used. It waits at a pipe until the shell is gone: a shell that is still
 * there would take the exit status, and its start would be part of the time.
 *
 * @throws CommandError when it ends with another status than 0
 */
export async function runMeasured(
  command: Command,
  options: { readonly directory: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Sample> {
  const { directory, env } = options
  const gate = join(directory, 'gate')
  const output = join(directory, 'output')
  if (!existsSync(gate)) runPlain(['mkfifo', gate])
  adoptDescendants()
  const shell = spawnSync('/bin/sh', ['-c', WAIT_AND_RUN, 'sh', gate, output, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  const pid = Number(shell.stdout.toString())
  if (shell.status !== 0 || !(pid > 0)) throw new CommandError(command, 'cannot be started', '')
  const stop = () => process.kill(pid, 'SIGTERM')
  process.once('SIGINT', stop)
  const start = process.hrtime.bigint()
  writeFileSync(gate, '\n')
  const { waitStatus, ...usage } = await wait4(pid)
  const wall = Number(process.hrtime.bigint() - start) / 1e9
  process.off('SIGINT', stop)
  if (waitStatus !== 0) {
    const signal = waitStatus & 127
    const what = signal === 0 ? `exit status ${waitStatus >> 8}` : `signal ${signal}`
    throw new CommandError(command, what, readFileSync(output, 'utf8'))
  }
  return { wall, ...usage }
}

const WAIT_AND_RUN =
  'gate=$1 output=$2; shift 2; { read -r _ <"$gate"; exec "$@"; } >"$output" 2>&1 & echo $!'

/** Runs a program that is not measured, and gives what it wrote to its standard output. */
export function runPlain(command: Command, env: Readonly<Record<string, string>> = {}): string {
  const [program = '', ...rest] = command
  const result = spawnSync(program, rest, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 64 << 20,
  })
  if (result.error) throw new CommandError(command, result.error.message, '')
  if (result.status !== 0) {
    throw new CommandError(command, `exit status ${result.status}`, result.stdout + result.stderr)
  }
  return result.stdout
}
