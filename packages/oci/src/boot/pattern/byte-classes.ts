import { type ByteSet, byteSet, complement, foldCase } from './byte-set.ts'

const DIGIT = [0x30, 0x39] as const
const UPPER = [0x41, 0x5a] as const
const LOWER = [0x61, 0x7a] as const
const UNDERSCORE = [0x5f, 0x5f] as const
const SPACE = [0x20, 0x20] as const
const TAB = [0x09, 0x09] as const

/** `[[:NAME:]]`, of ASCII. */
const POSIX_CLASSES: Readonly<Record<string, ByteSet>> = {
  alnum: byteSet(DIGIT, UPPER, LOWER),
  alpha: byteSet(UPPER, LOWER),
  ascii: byteSet([0x00, 0x7f]),
  blank: byteSet(SPACE, TAB),
  cntrl: byteSet([0x00, 0x1f], [0x7f, 0x7f]),
  digit: byteSet(DIGIT),
  graph: byteSet([0x21, 0x7e]),
  lower: byteSet(LOWER),
  print: byteSet([0x20, 0x7e]),
  punct: byteSet([0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e]),
  space: byteSet([0x09, 0x0d], SPACE),
  upper: byteSet(UPPER),
  word: byteSet(DIGIT, UPPER, LOWER, UNDERSCORE),
  xdigit: byteSet(DIGIT, [0x41, 0x46], [0x61, 0x66]),
}

/**
 * The bytes of a POSIX class by its name, with `^` before it those that are not in it; undefined when unknown. Without
 * regard to case a letter is in a class when one of its cases is.
 */
export function posixClass(name: string, ignoreCase = false): ByteSet | undefined {
  const isNegated = name.startsWith('^')
  const plain = isNegated ? name.slice(1) : name
  const known = Object.hasOwn(POSIX_CLASSES, plain) ? POSIX_CLASSES[plain] : undefined
  const set = known !== undefined && ignoreCase ? foldCase(known) : known
  return set !== undefined && isNegated ? complement(set) : set
}

export const WORD = posixClass('word') as ByteSet

/** The classes that both dialects write as a letter behind a backslash. */
const LETTER_CLASSES: Readonly<Record<string, ByteSet>> = {
  d: byteSet(DIGIT),
  s: byteSet([0x09, 0x0d], SPACE),
  w: WORD,
}

/** The class of `\d`, `\s`, `\w`, or of its capital, which is the complement; undefined for other letters. */
export function letterClass(letter: string): ByteSet | undefined {
  const set = LETTER_CLASSES[letter.toLowerCase()]
  return set === undefined || letter === letter.toLowerCase() ? set : complement(set)
}

/** `\h` and `\v` of PCRE, single bytes without UTF. */
export const HORIZONTAL_SPACE = byteSet(TAB, SPACE, [0xa0, 0xa0])
export const VERTICAL_SPACE = byteSet([0x0a, 0x0d], [0x85, 0x85])
