import { hintsFor } from './hints.ts'
import { readInputs } from './inputs.ts'
import { runAction, UnexpectedIdError } from './run-action.ts'
import { Runner } from './runner.ts'
import { summaryFailure } from './summary.ts'

const runner = new Runner(process.env, text => process.stdout.write(text))
const stop = new AbortController()
// A job that is cancelled gets SIGINT, and SIGTERM some seconds later: time enough to remove what is half done.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stop.abort(new Error('the job was cancelled')))
}

try {
  const workspace = process.env.GITHUB_WORKSPACE
  if (workspace !== undefined && workspace !== '') process.chdir(workspace)
  await runAction(runner, readInputs(runner), stop.signal)
} catch (error) {
  fail(error)
}

function fail(error: unknown): void {
  process.exitCode = 1
  const message = error instanceof Error ? error.message : String(error)
  const hints = hintsFor(error)
  const lines = [message, ...hints.map(hint => `hint: ${hint}`)]
  runner.annotate('error', lines.join('\n'), titleOf(error))
  // A run with an id has its table by now.
  const hasTable = error instanceof UnexpectedIdError
  if (!hasTable && runner.input('summary').toLowerCase() !== 'false') {
    const shown = [runner.input('image'), message, ...hints].map(text => runner.redact(text))
    const [image = '', reason = '', ...advice] = shown
    runner.summary(summaryFailure(image, reason, advice))
  }
}

/** The code of a library's error: what people search for. */
function titleOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? `composefs: ${code}` : 'composefs'
}
