import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { Context } from './context.ts'
import { printable } from './output/printable.ts'

/** Asks for a password, which is not shown. Undefined where nobody can be asked: without a terminal. */
export async function askPassword(context: Context, question: string): Promise<string | undefined> {
  if (process.stdin.isTTY !== true || !context.isErrorTerminal()) return undefined
  process.stderr.write(`${printable(question)}: `)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  // The terminal hands over Ctrl-C as a character as long as somebody types in it.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    return await terminal.question('', { signal: context.signal })
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}
