import { wantsColor } from './color.ts'
import { Console, type LogLevel } from './console.ts'
import { isErrorTerminal, writeMessage } from './standard-error.ts'

/** What the command line says about messages. */
export interface ConsoleChoices {
  readonly json: boolean
  readonly quiet: boolean
  /** How often `-v` was given. */
  readonly verbose: number
  readonly log: LogLevel | undefined
  readonly color: 'auto' | 'always' | 'never' | undefined
}

/** The console on standard error. */
export function openConsole(
  { json, quiet, verbose, log, color }: ConsoleChoices,
  write: (text: string) => void = writeMessage,
): Console {
  return new Console({
    write,
    isColored: () => wantsColor({ when: color, env: process.env, isTerminal: isErrorTerminal }),
    isQuiet: quiet,
    json,
    level: log ?? levelOf(verbose) ?? rustLevel(process.env.RUST_LOG) ?? 'warn',
  })
}

function levelOf(verbose: number): LogLevel | undefined {
  if (verbose === 0) return undefined
  return verbose === 1 ? 'info' : 'debug'
}

/** RUST_LOG of scripts made for the other implementation; its filters by module are not ours. */
function rustLevel(text: string | undefined): LogLevel | undefined {
  const levels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace']
  return levels.find(level => level === text)
}
