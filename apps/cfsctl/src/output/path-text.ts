import { decodeUtf8 } from '@composefs/bytes'
import { escapeField } from '@composefs/tree'
import { printable } from './printable.ts'

/** A path for people: text as it is, but for control characters; what is no UTF-8 as in dumps, with its blanks. */
export function pathText(path: Uint8Array): string {
  const text = decodeUtf8(path)
  if (text !== undefined) return printable(text)
  return Buffer.from(escapeField(path)).toString('latin1').replaceAll('\\x20', ' ')
}
