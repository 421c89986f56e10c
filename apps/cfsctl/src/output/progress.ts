import type { Notice, Progress as ProgressEvent } from '@composefs/oci'
import type { Context } from '../context.ts'
import { JsonProgress } from './json-progress.ts'
import { PlainProgress } from './plain-progress.ts'
import type { ProgressView } from './progress-view.ts'
import type { Json, Result } from './result.ts'
import { TerminalProgress } from './terminal-progress.ts'

/** What a long operation of a library tells us, and how it is stopped. */
export interface Listeners {
  onProgress(event: ProgressEvent): void
  onNotice(notice: Notice): void
  readonly signal: AbortSignal
}

/** The result of a command whose document is an object. */
export interface DocumentResult extends Result {
  readonly json: { readonly [key: string]: Json }
}

/** Does the work of a long command and tells how it gets on; `title` is the verb and what it is about: `pull IMAGE`. */
export async function withProgress(
  context: Context,
  title: string,
  work: (listeners: Listeners) => Promise<DocumentResult>,
): Promise<Result> {
  const { console, signal } = context
  const view = createProgress(context, title)
  try {
    const result = await work({
      onProgress: event => view.report(event),
      onNotice: ({ level, message }) =>
        level === 'warning' ? console.warning(message) : console.notice(message),
      signal,
    })
    view.finish(result.json)
    return result
  } catch (error) {
    view.abandon()
    throw error
  }
}

/** The view that the command line asks for; `title` is as in `withProgress`. */
function createProgress(context: Context, title: string): ProgressView {
  const { console } = context
  switch (progressMode(context)) {
    case 'json':
      console.useJson()
      return new JsonProgress(line => console.line(line))
    case 'plain':
      return new PlainProgress(title, line => console.line(line))
    case 'tty':
      return new TerminalProgress(title, console, process.stderr)
    case 'none':
      return { report() {}, finish() {}, abandon() {} }
  }
}

function progressMode(context: Context): 'tty' | 'plain' | 'json' | 'none' {
  const { quiet, json, progress = 'auto' } = context.globals
  if (quiet) return 'none'
  // A program reads JSON; what it did not ask for would be in its way.
  if (json && progress === 'auto') return 'none'
  if (progress !== 'auto' && progress !== 'tty') return progress
  return canRedraw(context) ? 'tty' : 'plain'
}

function canRedraw(context: Context): boolean {
  if (context.env.TERM === 'dumb' || !context.isErrorTerminal()) return false
  const { columns = 0 } = process.stderr
  return columns > 0
}
