import { printable } from '../output/printable.ts'

/** What may stand at the cursor. */
export interface Candidate {
  /** The whole word, as the program would get it. */
  readonly value: string
  readonly description?: string
}

/** Files that the shell itself is asked to offer: it knows how to quote and to expand them. */
export interface FileRequest {
  readonly kind: 'files' | 'directories'
  /** The beginning of the word that is no part of the path. */
  readonly prefix: string
}

/** All that completion has to offer. */
export interface Candidates {
  readonly values: readonly Candidate[]
  readonly files?: FileRequest
}

/**
 * What shells cannot be told on a line, or would give to the terminal; nothing that can be typed in a script has it. The
 * last stands for bytes that are no UTF-8: a word with it names nothing.
 */
const UNSPEAKABLE = /[\u0000-\u001f\u007f-\u009f\ufffd]/

/**
 * The lines that the scripts of the shells read: `VALUE TAB DESCRIPTION`, and for files of the shell
 * `TAB KIND TAB PREFIX`. Values that do not begin with `text` are left out.
 */
export function candidateLines({ values, files }: Candidates, text: string): string[] {
  const lines = new Map<string, string>()
  for (const { value, description } of values) {
    if (!value.startsWith(text) || lines.has(value) || UNSPEAKABLE.test(value)) continue
    lines.set(value, description === undefined ? value : `${value}\t${oneLine(description)}`)
  }
  const request = files === undefined ? [] : [`\t${files.kind}\t${files.prefix}`]
  return [...request, ...lines.values()]
}

function oneLine(description: string): string {
  return printable(description.replaceAll(/\s+/g, ' ').trim())
}
