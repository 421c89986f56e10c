import { HORIZONTAL_SPACE, VERTICAL_SPACE } from './byte-classes.ts'
import { byteSet, complement } from './byte-set.ts'
import { type AssertionKind, choice, type Pattern, sequence, setPattern } from './pattern.ts'

export const ANY = byteSet([0x00, 0xff])
export const NEWLINE = byteSet([0x0a, 0x0a])
const NEWLINES: Pattern = {
  kind: 'atomic',
  part: choice([
    sequence([byte(0x0d), byte(0x0a)]),
    setPattern(byteSet([0x0a, 0x0d], [0x85, 0x85])),
  ]),
}

/** What a letter behind a backslash stands for in the PCRE dialect, but for single bytes and the classes of both. */
export const PCRE_ESCAPES: Readonly<Record<string, Pattern>> = {
  A: assertion('start'),
  z: assertion('end'),
  Z: assertion('end-or-newline'),
  b: assertion('word-border'),
  B: assertion('no-word-border'),
  h: setPattern(HORIZONTAL_SPACE),
  H: setPattern(complement(HORIZONTAL_SPACE)),
  v: setPattern(VERTICAL_SPACE),
  V: setPattern(complement(VERTICAL_SPACE)),
  N: setPattern(complement(NEWLINE)),
  R: NEWLINES,
}

export function assertion(kind: AssertionKind): Pattern {
  return { kind: 'assertion', assertion: kind }
}

function byte(value: number): Pattern {
  return { kind: 'byte', byte: value }
}
