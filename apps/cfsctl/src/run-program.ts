import { parseArguments } from './arguments/parse.ts'
import type { ArgumentValues, Invocation, Program } from './arguments/program.ts'
import { completionRequest } from './completion/request.ts'
import type { Context } from './context.ts'
import { CliError } from './errors/cli-error.ts'
import { helpText } from './help/help-text.ts'
import { type Interrupts, listenToInterrupts } from './interrupt.ts'
import { type ConsoleChoices, openConsole } from './output/open-console.ts'
import { printResult } from './output/print-result.ts'
import { ClosedOutputError, directOutput, standardOutput } from './output/sink.ts'
import { flushMessages, isErrorTerminal, writeLastMessage } from './output/standard-error.ts'
import { nameProcess } from './process-name.ts'
import { programByName } from './programs.ts'
import { openInput } from './standard-input.ts'
import { VERSION } from './version.ts'

/** Exit status of a program whose reader went away, as shells report SIGPIPE. */
const CLOSED_OUTPUT = 141

/** Runs the program that `argv` names and returns its exit status. The first word is how it was started. */
export async function main(argv: readonly string[]): Promise<number> {
  const [script = '', ...args] = argv
  const status = await runProgram(await programByName(script), args)
  await flushMessages()
  return status
}

async function runProgram(program: Program, args: readonly string[]): Promise<number> {
  let choices = rawChoices(program, args)
  let interrupts: Interrupts | undefined
  try {
    const completion = completionRequest(program, args, process.env)
    if (completion !== undefined) {
      const { answerCompletion } = await import('./bundles/completion.ts')
      await directOutput().write(await answerCompletion(program, completion, process.env))
      return 0
    }
    const invocation = parseArguments(program, args, process.env)
    if (invocation.kind === 'tool') {
      return await runProgram(await invocation.tool.load(), invocation.args)
    }
    if (invocation.kind !== 'run') return await answer(program, invocation)
    choices = { ...choices, ...consoleChoices(invocation.globals) }
    nameProcess([program.name, ...invocation.command.words].join(' '))
    interrupts = listenToInterrupts()
    return await runCommand(program, invocation, { choices, interrupts })
  } catch (error) {
    if (error instanceof ClosedOutputError) return CLOSED_OUTPUT
    interrupts?.release()
    const { reportFailure } = await import('./errors/report-failure.ts')
    const console = openConsole(choices, writeLastMessage)
    return reportFailure(error, { program, console, ...choices, signal: interrupts?.signal })
  }
}

async function runCommand(
  program: Program,
  { command, args, globals }: Invocation & { kind: 'run' },
  { choices, interrupts }: { readonly choices: ConsoleChoices; readonly interrupts: Interrupts },
): Promise<number> {
  const { signal } = interrupts
  const context: Context = {
    program,
    // The table made these values, so they have the shapes that its types say.
    globals: globals as Context['globals'],
    env: process.env,
    signal,
    console: openConsole(choices),
    input: () => openInput(signal),
    isErrorTerminal,
  }
  const { console } = context
  const start = performance.now()
  console.log('debug', `${program.name} ${VERSION}, Node ${process.versions.node}`)
  const { run } = await command.load()
  const result = await run(args as never, context)
  console.log('debug', `worked for ${Math.round(performance.now() - start)} ms`)
  // Bytes may still be read from what the command has open. Everything else is there, and may be cut off anywhere.
  if (result.bytes === undefined) interrupts.release()
  const sink = result.bytes === undefined ? directOutput() : standardOutput()
  await printResult(result, { json: choices.json, format: context.globals.format }, sink)
  if (result.failure !== undefined) throw result.failure
  return result.status ?? 0
}

/** Answers what needs no command. */
async function answer(
  program: Program,
  invocation: Exclude<Invocation, { kind: 'run' | 'tool' }>,
): Promise<number> {
  switch (invocation.kind) {
    case 'version':
      await directOutput().write(`${program.name} ${VERSION}\n`)
      return 0
    case 'help':
      await directOutput().write(helpText(program, invocation))
      return 0
    case 'incomplete':
      writeLastMessage(helpText(program, { words: invocation.words, isLong: false }))
      return program.isCTool === true ? 1 : 2
    case 'planned': {
      const name = [program.name, ...invocation.planned.words].join(' ')
      throw new CliError('feature-unsupported', `not in this release: ${name}`, {
        context: { command: invocation.planned.words.join(' ') },
      })
    }
  }
}

/** What the words themselves say, for errors in a command line that cannot be parsed. */
function rawChoices(program: Program, args: readonly string[]): ConsoleChoices {
  const end = args.indexOf('--')
  const words = new Set(end < 0 ? args : args.slice(0, end))
  const color = (['always', 'never'] as const).find(when => words.has(`--color=${when}`))
  const isCfsctl = program.isCTool !== true
  return { json: isCfsctl && words.has('--json'), quiet: false, verbose: 0, log: undefined, color }
}

function consoleChoices(globals: ArgumentValues): Partial<ConsoleChoices> {
  const { json, quiet, verbose, log, color } = globals as Context['globals']
  return json === undefined ? {} : { json, quiet, verbose, log, color }
}
