import { createInterface } from 'node:readline/promises'
import type { Context } from './context.ts'
import { printable } from './output/printable.ts'

/**
 * Asks a question; the answer is no unless it is yes. Only people are asked: without a terminal, and with `--yes`,
 * the answer is yes.
 */
export async function confirm(context: Context, question: string): Promise<boolean> {
  const isAsked = process.stdin.isTTY === true && context.isErrorTerminal() && !context.globals.yes
  if (!isAsked) return true
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${printable(question)} [y/N] `, {
      signal: context.signal,
    })
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    terminal.close()
  }
}
