import { showUtf8 } from '@composefs/bytes'
import { escapeField } from '@composefs/tree'

/** A path or name for messages and facts, escaped as in a dump: never more than one line. */
export function entryText(path: Uint8Array): string {
  return path.length === 0 ? '/' : showUtf8(escapeField(path))
}
