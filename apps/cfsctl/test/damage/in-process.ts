import { parseArguments } from '../../src/arguments/parse.ts'
import { cfsctl } from '../../src/command-table.ts'
import type { Context } from '../../src/context.ts'
import type { CliCode } from '../../src/errors/cli-error.ts'
import { describeFailure } from '../../src/errors/describe-failure.ts'
import { Console } from '../../src/output/console.ts'
import { printResult } from '../../src/output/print-result.ts'

/** How a command ended. */
export interface Ending {
  readonly code: CliCode | 'done'
  /** What it said of its failure. */
  readonly message: string
  /** The error behind it. */
  readonly error?: unknown
  readonly stdout: Buffer
}

/** Runs one command of cfsctl in this process, where starting it costs nothing. */
export async function runInProcess(args: readonly string[], input?: Uint8Array): Promise<Ending> {
  const pieces: Buffer[] = []
  const endingOf = (code: Ending['code'], message: string, error?: unknown): Ending => ({
    code,
    message,
    error,
    stdout: Buffer.concat(pieces),
  })
  try {
    const invocation = parseArguments(cfsctl, args, {})
    if (invocation.kind === 'planned') return endingOf('done', '')
    if (invocation.kind !== 'run') throw new Error(`no command: ${args.join(' ')}`)
    const { command, args: values, globals: parsed } = invocation
    const globals = parsed as Context['globals']
    const { run } = await command.load()
    const result = await run(values as never, contextOf(globals, input))
    await printResult(result, globals, {
      isTerminal: () => false,
      write: async data => void pieces.push(Buffer.from(data)),
    })
    if (result.failure !== undefined) throw result.failure
    return endingOf('done', '')
  } catch (error) {
    const { code, message } = describeFailure(error)
    return endingOf(code, message, error)
  }
}

function contextOf(globals: Context['globals'], input: Uint8Array | undefined): Context {
  return {
    program: cfsctl,
    globals,
    env: {},
    signal: new AbortController().signal,
    console: new Console({
      write: () => {},
      isColored: () => false,
      isQuiet: false,
      json: false,
      level: 'trace',
    }),
    async *input() {
      if (input !== undefined) yield input
    },
    isErrorTerminal: () => false,
  }
}
