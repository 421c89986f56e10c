import { decodeUtf8, showUtf8 } from '@composefs/bytes'
import { escapeField } from '@composefs/tree'

/** The text of a name; of one that is not UTF-8 its escaped form, as in a dump file. */
export function shownName(name: Uint8Array): {
  readonly text: string
  readonly isEscaped: boolean
} {
  const text = decodeUtf8(name)
  if (text !== undefined) return { text, isEscaped: false }
  return { text: showUtf8(escapeField(name)), isEscaped: true }
}
