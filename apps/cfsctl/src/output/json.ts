import type { Json } from './result.ts'

/** The document as `--json` prints it: two blanks a level, a newline at the end. */
export function formatJson(document: Json): string {
  return `${JSON.stringify(document, null, 2)}\n`
}

/** `name: value` lines in the document's order, for commands whose text form is that of their document. */
export function* documentLines(document: { readonly [key: string]: Json }): Generator<string> {
  for (const [name, value] of Object.entries(document)) {
    if (name !== 'schema') yield* valueLines(name, value)
  }
}

function* valueLines(name: string, value: Json): Generator<string> {
  if (value === null || typeof value !== 'object') {
    yield `${name}: ${value === null ? '-' : String(value)}`
    return
  }
  yield `${name}:`
  if (Array.isArray(value)) for (const item of value as readonly Json[]) yield `  ${inline(item)}`
  else
    for (const line of documentLines(value as { readonly [key: string]: Json })) yield `  ${line}`
}

function inline(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
