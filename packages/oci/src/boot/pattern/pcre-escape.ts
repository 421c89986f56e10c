import type { PatternCursor } from './pattern-cursor.ts'

const CONTROLS: Readonly<Record<string, number>> = {
  a: 0x07,
  e: 0x1b,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
}

/**
 * Reads what is behind a backslash if it stands for one byte. Nothing is taken when it is a class, an assertion or a
 * reference to a group.
 */
export function readPcreCharacter(cursor: PatternCursor): number | undefined {
  const letter = cursor.peek()
  if (letter === undefined) return undefined
  if (!/^[0-9A-Za-z]$/.test(letter)) {
    cursor.take()
    return letter.charCodeAt(0)
  }
  const control = CONTROLS[letter]
  if (control !== undefined) {
    cursor.take()
    return control
  }
  const octal = cursor.match(/o\{([0-7]+)\}|([0-7]{1,3})/y)
  if (octal !== undefined) return byteValue(cursor, (octal[1] ?? octal[2]) as string, 8)
  const hex = cursor.match(/x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{0,2}))/y)
  if (hex !== undefined) return byteValue(cursor, hex[1] ?? `0${hex[2]}`, 16)
  const chosen = cursor.match(/c([ -~])/y)?.[1]
  // Control characters are those of the capitals with one bit turned.
  return chosen === undefined ? undefined : chosen.toUpperCase().charCodeAt(0) ^ 0x40
}

function byteValue(cursor: PatternCursor, digits: string, base: 8 | 16): number {
  const value = Number.parseInt(digits, base)
  return value <= 0xff ? value : cursor.fail('a character above 255')
}
