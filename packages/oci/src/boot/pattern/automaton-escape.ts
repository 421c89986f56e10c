import type { PatternCursor } from './pattern-cursor.ts'

const CONTROLS: Readonly<Record<string, string>> = {
  a: '\x07',
  f: '\f',
  t: '\t',
  n: '\n',
  r: '\r',
  v: '\v',
}

/** Hex digits that must follow `\x`, `\u` and `\U` without braces. */
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/**
 * Reads what is behind a backslash if it stands for one character: a text of one character, or a byte for `\xHH`, which
 * is a byte even where it is no ASCII. Nothing is taken when it is a class or an assertion.
 */
export function readLiteralEscape(cursor: PatternCursor): string | number | undefined {
  const letter = cursor.peek()
  if (letter === undefined) return undefined
  if (/^[!-/:;=?@[-`{-~]$/.test(letter)) return cursor.take()
  const control = CONTROLS[letter]
  if (control !== undefined) {
    cursor.take()
    return control
  }
  const digits = HEX_DIGITS[letter]
  if (digits === undefined) return undefined
  cursor.take()
  const braced = cursor.match(/\{([0-9A-Fa-f]+)\}/y)
  if (braced !== undefined) return character(cursor, braced[1] as string)
  const hex = cursor.text.slice(cursor.at, cursor.at + digits)
  if (hex.length !== digits || !/^[0-9A-Fa-f]+$/.test(hex)) cursor.fail('bad hex digits')
  cursor.at += digits
  return letter === 'x' ? Number.parseInt(hex, 16) : character(cursor, hex)
}

function character(cursor: PatternCursor, hex: string): string {
  const code = Number.parseInt(hex, 16)
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) cursor.fail('no such character')
  return String.fromCodePoint(code)
}
