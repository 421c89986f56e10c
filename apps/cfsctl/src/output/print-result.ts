import { CliError } from '../errors/cli-error.ts'
import { formatJson } from './json.ts'
import type { Json, Result } from './result.ts'
import type { Sink } from './sink.ts'
import { boxLines, plainLines } from './table.ts'

/** Lines are written together in pieces of about this many characters. */
const PIECE_SIZE = 64 * 1024

/** How results are to be printed. */
export interface ResultFormat {
  readonly json: boolean
  readonly format: 'text' | 'plain' | undefined
}

/** Prints what a command has to say. */
export async function printResult(
  result: Result,
  { json, format }: ResultFormat,
  sink: Sink,
): Promise<void> {
  if (json && result.json !== undefined) return sink.write(formatJson(result.json as Json))
  if (result.table !== undefined) {
    const lines = format === 'plain' ? plainLines(result.table) : boxLines(result.table)
    await writeLines(lines, sink)
  }
  if (result.lines !== undefined) await writeLines(result.lines, sink)
  if (result.bytes !== undefined) await writeBytes(result.bytes, result.isBinary === true, sink)
}

async function writeBytes(
  bytes: NonNullable<Result['bytes']>,
  isBinary: boolean,
  sink: Sink,
): Promise<void> {
  if (isBinary && sink.isTerminal()) {
    throw new CliError('usage', 'refusing to write binary data to a terminal', {
      hints: ["send it to a file or a program: '> FILE' or '| PROGRAM'"],
    })
  }
  for await (const chunk of bytes) await sink.write(chunk)
}

async function writeLines(lines: Iterable<string>, sink: Sink): Promise<void> {
  let piece = ''
  for (const line of lines) {
    piece += `${line}\n`
    if (piece.length < PIECE_SIZE) continue
    await sink.write(piece)
    piece = ''
  }
  if (piece !== '') await sink.write(piece)
}
