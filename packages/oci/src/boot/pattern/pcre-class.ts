import { HORIZONTAL_SPACE, letterClass, posixClass, VERTICAL_SPACE } from './byte-classes.ts'
import { addSet, type ByteSet, byteSet, complement, foldCase } from './byte-set.ts'
import type { PatternCursor } from './pattern-cursor.ts'
import { readPcreCharacter } from './pcre-escape.ts'

const BACKSPACE = 0x08

/**
 * Parses what is behind the opening bracket of a class of the PCRE dialect, one character a byte.
 *
 * @throws PatternSyntaxError
 */
export function parsePcreClass(cursor: PatternCursor, ignoreCase: boolean): ByteSet {
  const isNegated = cursor.accept('^')
  const set = byteSet()
  // Before what is negated: [^a] leaves out A as well.
  const add = (items: ByteSet) => addSet(set, ignoreCase ? foldCase(items) : items)
  // Behind the opening bracket a closing one is a character.
  if (cursor.startsWith(']')) add(parseItems(cursor, ignoreCase))
  while (!cursor.accept(']')) {
    if (cursor.accept('\\Q')) add(bytesOf(cursor.takeUntil('\\E')))
    else if (!cursor.accept('\\E')) add(parseItems(cursor, ignoreCase))
  }
  return isNegated ? complement(set) : set
}

function bytesOf(text: string): ByteSet {
  const codes = Array.from(text, char => char.charCodeAt(0))
  return byteSet(...codes.map(code => [code, code] as const))
}

/** One character, a range, or a class. */
function parseItems(cursor: PatternCursor, ignoreCase: boolean): ByteSet {
  const first = parseItem(cursor, ignoreCase)
  const isRange = cursor.startsWith('-') && !cursor.startsWith('-]')
  if (!isRange) return typeof first === 'number' ? byteSet([first, first]) : first
  if (typeof first !== 'number') {
    // A hyphen behind [:…:] is one when nothing else follows; what else it could mean is not agreed on.
    return cursor.fail('a range that begins with a class')
  }
  cursor.take()
  const last = parseItem(cursor, ignoreCase)
  if (typeof last !== 'number' || first > last) return cursor.fail('a bad range')
  return byteSet([first, last])
}

function parseItem(cursor: PatternCursor, ignoreCase: boolean): number | ByteSet {
  const posix = cursor.match(/\[:(\^?[A-Za-z]+):\]/y)?.[1]
  if (posix !== undefined)
    return posixClass(posix, ignoreCase) ?? cursor.fail(`an unknown class [:${posix}:]`)
  // The names of such elements are short, and a search to the end for each bracket would take for ever.
  if (cursor.match(/\[([.=])[^\]]{0,32}\1\]/y) !== undefined) {
    cursor.fail('a collating element, which is not supported')
  }
  const char = cursor.take() ?? cursor.fail('a class that is not closed')
  if (char !== '\\') return char.charCodeAt(0)
  if (cursor.accept('b')) return BACKSPACE
  const code = readPcreCharacter(cursor)
  if (code !== undefined) return code
  const letter = cursor.take() ?? cursor.fail('a backslash at the end')
  const set = letterClass(letter) ?? SPACES[letter]
  return set ?? cursor.fail(`an unknown or unsupported escape \\${letter} in a class`)
}

const SPACES: Readonly<Record<string, ByteSet>> = {
  h: HORIZONTAL_SPACE,
  H: complement(HORIZONTAL_SPACE),
  v: VERTICAL_SPACE,
  V: complement(VERTICAL_SPACE),
}
