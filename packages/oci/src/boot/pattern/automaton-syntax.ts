import { encodeUtf8 } from '@composefs/bytes'
import { parseAutomatonClass } from './automaton-class.ts'
import { readLiteralEscape } from './automaton-escape.ts'
import { letterClass } from './byte-classes.ts'
import { type ByteSet, byteSet, foldCase } from './byte-set.ts'
import {
  type AssertionKind,
  choice,
  NESTING_MAX,
  type Pattern,
  sequence,
  setPattern,
} from './pattern.ts'
import { PatternCursor } from './pattern-cursor.ts'

/** `.` is everything but NUL, or everything. */
const ANY_BUT_NUL = byteSet([0x01, 0xff])
const ANY = byteSet([0x00, 0xff])

const COUNT_MAX = 2 ** 32 - 1

interface Flags {
  readonly i: boolean
  readonly m: boolean
  readonly s: boolean
  readonly x: boolean
}

/**
 * Parses the dialect of a byte automaton: that of Rust's regex crate without Unicode, which has neither look-around nor
 * references. Text that is not ASCII stands for its UTF-8 bytes.
 *
 * @throws PatternSyntaxError
 */
export function parseAutomatonPattern(text: string): Pattern {
  return new AutomatonParser(text).parse()
}

class AutomatonParser {
  readonly #cursor: PatternCursor
  #flags: Flags = { i: false, m: false, s: false, x: false }
  readonly #names = new Set<string>()
  #depth = 0
  /** Repetitions of repetitions. */
  #stacked = 0

  constructor(text: string) {
    this.#cursor = new PatternCursor(text)
  }

  parse(): Pattern {
    const pattern = this.#alternatives()
    if (!this.#cursor.isAtEnd) this.#cursor.fail('a closing parenthesis without an opening one')
    return pattern
  }

  /** Up to the end or the parenthesis that closes the group. */
  #alternatives(): Pattern {
    const alternatives: Pattern[] = []
    let parts: Pattern[] = []
    /** False at the beginning and behind flags, where there is nothing to repeat. */
    let canRepeat = false
    for (;;) {
      const char = this.#cursor.peek()
      if (char === undefined || char === ')') break
      if (char === '|') {
        this.#cursor.take()
        alternatives.push(sequence(parts))
        parts = []
        canRepeat = false
      } else if (char === '*' || char === '+' || char === '?' || char === '{') {
        const part = canRepeat ? parts.pop() : undefined
        if (part === undefined) this.#cursor.fail('nothing to repeat')
        parts.push(this.#repetition(part))
      } else {
        const part = this.#item()
        canRepeat = part !== undefined
        if (part !== undefined) parts.push(part)
      }
    }
    alternatives.push(sequence(parts))
    return choice(alternatives)
  }

  #repetition(part: Pattern): Pattern {
    // `a***` nests as well. All together are counted, which is simpler and leaves more than enough.
    const isStacked = part.kind === 'repeat'
    if (isStacked && ++this.#stacked > NESTING_MAX) this.#cursor.fail('nested too deep')
    const { min, max } = this.#counts()
    const mode = this.#cursor.accept('?') ? 'lazy' : 'greedy'
    return { kind: 'repeat', part, min, max, mode }
  }

  #counts(): { readonly min: number; readonly max: number } {
    const cursor = this.#cursor
    switch (cursor.take()) {
      case '*':
        return { min: 0, max: Number.POSITIVE_INFINITY }
      case '+':
        return { min: 1, max: Number.POSITIVE_INFINITY }
      case '?':
        return { min: 0, max: 1 }
    }
    const [all, first, comma, second] = cursor.match(/(\d+)(,?)(\d*)\}/y) ?? []
    if (all === undefined) cursor.fail('no repetition count')
    const min = Number(first)
    const max = comma === '' ? min : second === '' ? Number.POSITIVE_INFINITY : Number(second)
    const last = Number.isFinite(max) ? max : min
    if (min > last || last > COUNT_MAX || min > COUNT_MAX) cursor.fail('a bad repetition count')
    return { min, max }
  }

  /** Something that can be repeated, or flags, which cannot. */
  #item(): Pattern | undefined {
    const cursor = this.#cursor
    const char = cursor.take()
    switch (char) {
      case '(':
        return this.#group()
      case '[':
        return setPattern(parseAutomatonClass(cursor, this.#flags, this.#depth))
      case '.':
        return setPattern(this.#flags.s ? ANY : ANY_BUT_NUL)
      case '^':
        return assertion(this.#flags.m ? 'line-start' : 'start')
      case '$':
        return assertion(this.#flags.m ? 'line-end' : 'end')
      case '\\':
        return this.#escape()
      case '#':
        if (this.#flags.x) cursor.fail('a comment, which would hide the end of the pattern')
        return this.#literal(char)
      default:
        return this.#literal(char)
    }
  }

  #group(): Pattern | undefined {
    const cursor = this.#cursor
    if (++this.#depth > NESTING_MAX) cursor.fail('nested too deep')
    const outer = this.#flags
    if (cursor.accept('?')) {
      const named = cursor.match(/P?<([A-Za-z_][\w.[\]]*)>/y)
      if (named !== undefined) {
        const name = named[1] as string
        if (this.#names.has(name)) cursor.fail(`two groups with the name ${name}`)
        this.#names.add(name)
      } else if (!this.#readFlags()) {
        this.#depth--
        return undefined
      }
    }
    const part = this.#alternatives()
    if (!cursor.accept(')')) cursor.fail('a group that is not closed')
    this.#flags = outer
    this.#depth--
    return part
  }

  /** `i-s:` or `i-s)`: true when the group has content of its own. */
  #readFlags(): boolean {
    const cursor = this.#cursor
    const [all, on, minus, off, end] = cursor.match(/([imsxU]*)(?:(-)([imsxUu]+))?([:)])/y) ?? []
    if (on === undefined || end === undefined) {
      return cursor.fail('an unknown kind of group or flag')
    }
    const letters = on + (off ?? '')
    const isTwice = new Set(letters).size !== letters.length
    if (isTwice || (letters === '' && (minus !== undefined || end === ')'))) {
      cursor.fail(`bad flags (?${all}`)
    }
    const flag = (letter: 'i' | 'm' | 's' | 'x') =>
      on.includes(letter) || (this.#flags[letter] && !(off ?? '').includes(letter))
    this.#flags = { i: flag('i'), m: flag('m'), s: flag('s'), x: flag('x') }
    return end === ':'
  }

  #escape(): Pattern {
    const cursor = this.#cursor
    const border = cursor.match(/b\{(start|end|start-half|end-half)\}/y)
    if (border !== undefined) return assertion(`word-${border[1]}` as AssertionKind)
    const literal = readLiteralEscape(cursor)
    if (literal !== undefined) {
      return typeof literal === 'number' ? this.#byte(literal) : this.#literal(literal)
    }
    const letter = cursor.take() ?? cursor.fail('a backslash at the end')
    const set = letterClass(letter)
    if (set !== undefined) return setPattern(this.#folded(set))
    const kind = ASSERTIONS[letter]
    return kind === undefined ? cursor.fail(`an unknown escape \\${letter}`) : assertion(kind)
  }

  #literal(char: string | undefined): Pattern {
    const code = char?.codePointAt(0) ?? 0
    if (code < 0x80) return this.#byte(code)
    const parts = Array.from(encodeUtf8(char ?? ''), byte => ({ kind: 'byte', byte }) as const)
    return { kind: 'sequence', parts }
  }

  #byte(byte: number): Pattern {
    if (!this.#flags.i) return { kind: 'byte', byte }
    return setPattern(this.#folded(byteSet([byte, byte])))
  }

  #folded(set: ByteSet): ByteSet {
    return this.#flags.i ? foldCase(set) : set
  }
}

const ASSERTIONS: Readonly<Record<string, AssertionKind>> = {
  A: 'start',
  z: 'end',
  b: 'word-border',
  B: 'no-word-border',
  '<': 'word-start',
  '>': 'word-end',
}

function assertion(kind: AssertionKind): Pattern {
  return { kind: 'assertion', assertion: kind }
}
