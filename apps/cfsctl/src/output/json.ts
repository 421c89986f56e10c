import { printable, printableJson } from './printable.ts'
import type { Json } from './result.ts'

/** The document as `--json` prints it: two blanks a level, a newline at the end. */
export function formatJson(document: Json): string {
  return `${printableJson(JSON.stringify(document, null, 2))}\n`
}

type JsonObject = { readonly [key: string]: Json }

/** `name: value` lines in the document's order, for commands whose text form is that of their document. */
export function* documentLines(document: JsonObject): Generator<string> {
  for (const [name, value] of Object.entries(document)) {
    if (name !== 'schema') yield* valueLines(name, value)
  }
}

function* valueLines(name: string, value: Json): Generator<string> {
  if (isScalar(value)) {
    yield `${name}: ${scalarText(value)}`
    return
  }
  yield `${name}:`
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) yield* indented(itemLines(item))
  } else yield* indented(documentLines(value as JsonObject))
}

/** An item of a list: one line, unless there are lists in it. */
function* itemLines(item: Json): Generator<string> {
  if (isScalar(item)) yield scalarText(item)
  else if (Array.isArray(item)) yield printableJson(JSON.stringify(item))
  else if (Object.values(item).every(isScalar))
    yield [...documentLines(item as JsonObject)].join(', ')
  else yield* documentLines(item as JsonObject)
}

function* indented(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `  ${line}`
}

function isScalar(value: Json): value is string | number | boolean | null {
  return value === null || typeof value !== 'object'
}

function scalarText(value: string | number | boolean | null): string {
  return value === null ? '-' : printable(String(value))
}
