import { readLiteralEscape } from './automaton-escape.ts'
import { letterClass, posixClass } from './byte-classes.ts'
import {
  addRange,
  addSet,
  type ByteSet,
  byteSet,
  combine,
  complement,
  foldCase,
} from './byte-set.ts'
import { NESTING_MAX } from './pattern.ts'
import type { PatternCursor } from './pattern-cursor.ts'

/** How two sets inside brackets make one; all have the same precedence. */
const OPERATIONS: Readonly<Record<string, (inA: boolean, inB: boolean) => boolean>> = {
  '&&': (inA, inB) => inA && inB,
  '--': (inA, inB) => inA && !inB,
  '~~': (inA, inB) => inA !== inB,
}

/**
 * Parses what is behind the opening bracket of a class of the automaton dialect: classes nest, and `&&`, `--` and `~~`
 * combine them.
 *
 * @throws PatternSyntaxError
 */
export function parseAutomatonClass(
  cursor: PatternCursor,
  flags: { readonly i: boolean; readonly x: boolean },
  depth: number,
): ByteSet {
  if (depth >= NESTING_MAX) cursor.fail('nested too deep')
  const isNegated = cursor.accept('^')
  let operation: ((inA: boolean, inB: boolean) => boolean) | undefined
  let left = byteSet()
  let union = byteSet()
  const finished = () => (operation === undefined ? union : combine(left, union, operation))
  while (cursor.accept('-')) addRange(union, 0x2d, 0x2d)
  if (union[1] === 0 && cursor.accept(']')) addRange(union, 0x5d, 0x5d)
  for (;;) {
    if (cursor.isAtEnd) cursor.fail('a class that is not closed')
    if (cursor.accept(']')) break
    const operator = cursor.text.slice(cursor.at, cursor.at + 2)
    const next = Object.hasOwn(OPERATIONS, operator) ? OPERATIONS[operator] : undefined
    if (next !== undefined) {
      cursor.at += 2
      left = finished()
      operation = next
      union = byteSet()
    } else if (cursor.startsWith('[')) {
      addSet(union, parseNested(cursor, flags, depth))
    } else {
      const items = parseItems(cursor, flags)
      addSet(union, flags.i ? foldCase(items) : items)
    }
  }
  return isNegated ? complement(finished()) : finished()
}

/** `[:NAME:]` where NAME is known, else a class inside the class. */
function parseNested(
  cursor: PatternCursor,
  flags: { readonly i: boolean; readonly x: boolean },
  depth: number,
): ByteSet {
  const start = cursor.at
  const name = cursor.match(/\[:(\^?[a-z]+):\]/y)?.[1]
  const set = name === undefined ? undefined : posixClass(name, flags.i)
  if (set !== undefined) return set
  cursor.at = start + 1
  return parseAutomatonClass(cursor, flags, depth + 1)
}

/** One character, a range, or a class of a letter. */
function parseItems(cursor: PatternCursor, flags: { readonly x: boolean }): ByteSet {
  const first = parseItem(cursor, flags)
  const isRange = cursor.startsWith('-') && !cursor.startsWith('-]') && !cursor.startsWith('--')
  if (!isRange) return typeof first === 'number' ? byteSet([first, first]) : first
  cursor.take()
  const last = parseItem(cursor, flags)
  if (typeof first !== 'number' || typeof last !== 'number' || first > last) {
    return cursor.fail('a bad range')
  }
  return byteSet([first, last])
}

function parseItem(cursor: PatternCursor, flags: { readonly x: boolean }): number | ByteSet {
  const char = cursor.take() ?? cursor.fail('a class that is not closed')
  if (char === '#' && flags.x) cursor.fail('a comment, which would hide the end of the pattern')
  if (char !== '\\') return byteOf(cursor, char)
  const literal = readLiteralEscape(cursor)
  if (typeof literal === 'number') return literal
  if (literal !== undefined) return byteOf(cursor, literal)
  const letter = cursor.take() ?? cursor.fail('a backslash at the end')
  return letterClass(letter) ?? cursor.fail(`an unknown escape \\${letter} in a class`)
}

function byteOf(cursor: PatternCursor, char: string): number {
  const code = char.codePointAt(0) as number // one character
  return code < 0x80 ? code : cursor.fail('a character that is not ASCII in a class')
}
