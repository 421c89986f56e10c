import { printableJson } from './printable.ts'
import type { Json } from './result.ts'

/** Text is handed out in pieces of about this many characters. */
const PIECE_SIZE = 64 * 1024

/**
 * A document as `--json` prints it, whose last field is a list that may be too long to be in memory. The items are made
 * one by one.
 */
export function* jsonWithList<T>(
  head: { readonly [key: string]: Json },
  name: string,
  items: Iterable<T>,
  show: (item: T) => Json,
): Generator<Uint8Array> {
  const fields = printableJson(JSON.stringify(head, null, 2)).slice(0, -'\n}'.length)
  let text = `${fields},\n  ${JSON.stringify(name)}: [`
  let isEmpty = true
  for (const item of items) {
    const lines = printableJson(JSON.stringify(show(item), null, 2)).replaceAll('\n', '\n    ')
    text += `${isEmpty ? '' : ','}\n    ${lines}`
    isEmpty = false
    if (text.length < PIECE_SIZE) continue
    yield Buffer.from(text)
    text = ''
  }
  yield Buffer.from(`${text}${isEmpty ? '' : '\n  '}]\n}\n`)
}
