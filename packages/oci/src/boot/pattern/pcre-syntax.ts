import { letterClass } from './byte-classes.ts'
import { type ByteSet, byteSet, complement, foldCase } from './byte-set.ts'
import { choice, fixedLength, NESTING_MAX, type Pattern, sequence, setPattern } from './pattern.ts'
import { PatternCursor } from './pattern-cursor.ts'
import { parsePcreClass } from './pcre-class.ts'
import { readPcreCharacter } from './pcre-escape.ts'
import { ANY, assertion, NEWLINE, PCRE_ESCAPES } from './pcre-items.ts'

const COUNT_MAX = 65535

/** The whole pattern is group 1 of what is matched, so that its own groups are numbered from 2. */
const FIRST_GROUP = 2

/** `\N{…}` that is no quantifier. */
const NAMED_CHARACTER = /\{(?!\d+(?:,\d*)?\}|,\d+\})/y

interface Flags {
  readonly i: boolean
  readonly m: boolean
  readonly s: boolean
  readonly x: boolean
  readonly n: boolean
  /** Quantifiers are lazy, and greedy behind a question mark. */
  readonly U: boolean
}

/**
 * Parses the dialect of PCRE2 with its default options and without UTF. What exists there but is not known here, such
 * as recursion, conditions and verbs, is an error.
 *
 * @param text one character a byte
 * @throws PatternSyntaxError
 */
export function parsePcrePattern(text: string): Pattern {
  return new PcreParser(text).parse()
}

class PcreParser {
  readonly #cursor: PatternCursor
  #flags: Flags = { i: false, m: false, s: false, x: false, n: false, U: false }
  #groups = FIRST_GROUP - 1
  readonly #names = new Map<string, number>()
  #highestReference = 0
  readonly #namedReferences: { group: number; readonly name: string }[] = []
  #depth = 0

  constructor(text: string) {
    this.#cursor = new PatternCursor(text)
  }

  parse(): Pattern {
    const pattern = this.#alternatives()
    if (!this.#cursor.isAtEnd) this.#cursor.fail('a closing parenthesis without an opening one')
    if (this.#highestReference > this.#groups) {
      this.#cursor.fail(`a reference to group ${this.#highestReference}, which is not there`)
    }
    for (const reference of this.#namedReferences) {
      reference.group =
        this.#names.get(reference.name) ??
        this.#cursor.fail(`a reference to group ${reference.name}, which is not there`)
    }
    return pattern
  }

  #alternatives(): Pattern {
    const alternatives: Pattern[] = []
    let parts: Pattern[] = []
    let canRepeat = false
    for (;;) {
      const cursor = this.#cursor
      const char = cursor.peek()
      if (char === undefined || char === ')') break
      if (cursor.accept('|')) {
        alternatives.push(sequence(parts))
        parts = []
        canRepeat = false
        continue
      }
      // Neither changes what a quantifier behind it is for.
      if (cursor.match(/\(\?#[^)]*\)/y) !== undefined || cursor.accept('\\E')) continue
      if (cursor.accept('\\Q\\E')) continue
      const counts = this.#counts()
      if (counts === undefined) {
        const isGroup = cursor.startsWith('(')
        const items = this.#items()
        canRepeat = items.length > 0 && (isGroup || items.at(-1)?.kind !== 'assertion')
        parts.push(...items)
        continue
      }
      const part = canRepeat ? parts.pop() : undefined
      if (part === undefined) return cursor.fail('nothing to repeat')
      parts.push({ kind: 'repeat', part, ...counts, mode: this.#mode() })
      canRepeat = false
    }
    alternatives.push(sequence(parts))
    return choice(alternatives)
  }

  #mode(): 'greedy' | 'lazy' | 'possessive' {
    if (this.#cursor.accept('+')) return 'possessive'
    return this.#cursor.accept('?') === this.#flags.U ? 'greedy' : 'lazy'
  }

  /** Takes a quantifier without its mode. A brace that is none is a character. */
  #counts(): { readonly min: number; readonly max: number } | undefined {
    const cursor = this.#cursor
    if (cursor.accept('*')) return { min: 0, max: Number.POSITIVE_INFINITY }
    if (cursor.accept('+')) return { min: 1, max: Number.POSITIVE_INFINITY }
    if (cursor.accept('?')) return { min: 0, max: 1 }
    const found = cursor.match(/\{(?:(\d+)(,?)(\d*)|,(\d+))\}/y)
    if (found === undefined) return undefined
    const [, first, comma, second, only] = found
    const min = Number(first ?? 0)
    const most = only ?? (comma === '' ? first : second)
    const max = most === '' || most === undefined ? Number.POSITIVE_INFINITY : Number(most)
    if (min > COUNT_MAX || (Number.isFinite(max) && max > COUNT_MAX)) {
      cursor.fail('a repetition count that is too large')
    }
    if (min > max) cursor.fail('repetition counts out of order')
    return { min, max }
  }

  /** The next item; none for flags, several for quoted text. */
  #items(): Pattern[] {
    const cursor = this.#cursor
    if (cursor.accept('\\Q')) {
      return Array.from(cursor.takeUntil('\\E'), char => this.#literal(char))
    }
    const char = cursor.take()
    switch (char) {
      case '(':
        return this.#group()
      case '[':
        return [setPattern(parsePcreClass(cursor, this.#flags.i))]
      case '.':
        return [setPattern(this.#flags.s ? ANY : complement(NEWLINE))]
      case '^':
        return [assertion(this.#flags.m ? 'line-start' : 'start')]
      case '$':
        return [assertion(this.#flags.m ? 'line-end' : 'end-or-newline')]
      case '\\':
        return [this.#escape()]
      case '#':
        if (this.#flags.x) cursor.fail('a comment, which would hide the end of the pattern')
        return [this.#literal(char)]
      default:
        return [this.#literal(char as string)] // the caller has seen it
    }
  }

  #group(): Pattern[] {
    const cursor = this.#cursor
    if (cursor.startsWith('*')) cursor.fail('a verb, which is not supported')
    if (++this.#depth > NESTING_MAX) cursor.fail('nested too deep')
    const outer = this.#flags
    const wrap = this.#groupStart()
    if (wrap === undefined) {
      this.#depth--
      return []
    }
    const part = this.#alternatives()
    if (!cursor.accept(')')) cursor.fail('a group that is not closed')
    this.#flags = outer
    this.#depth--
    return [wrap(part)]
  }

  /** Takes what is behind the parenthesis; undefined when the group is over with it. */
  #groupStart(): ((part: Pattern) => Pattern) | undefined {
    const cursor = this.#cursor
    if (!cursor.accept('?')) {
      if (this.#flags.n) return part => part
      const group = ++this.#groups
      return part => ({ kind: 'capture', group, part })
    }
    if (cursor.accept('>')) return part => ({ kind: 'atomic', part })
    const look = cursor.match(/(<?)([=!])/y)
    if (look !== undefined) {
      const isNegative = look[2] === '!'
      return part =>
        look[1] === '' ? lookAhead(part, isNegative) : this.#lookBehind(part, isNegative)
    }
    const name = cursor.match(/(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/y)
    if (name !== undefined) return this.#namedGroup((name[1] ?? name[2]) as string)
    const reference = cursor.match(/P=([A-Za-z_]\w*)(?=\))/y)?.[1]
    if (reference !== undefined) {
      const pattern = this.#namedReference(reference)
      return () => pattern
    }
    const flags = cursor.match(/([imsxnUJ]*)(?:-([imsxnUJ]*))?([:)])/y)
    if (flags === undefined) return cursor.fail('an unknown or unsupported kind of group')
    const [, on = '', off = '', end] = flags
    const flag = (letter: keyof Flags) =>
      !off.includes(letter) && (on.includes(letter) || this.#flags[letter])
    this.#flags = {
      i: flag('i'),
      m: flag('m'),
      s: flag('s'),
      x: flag('x'),
      n: flag('n'),
      U: flag('U'),
    }
    return end === ')' ? undefined : part => part
  }

  #namedGroup(name: string): (part: Pattern) => Pattern {
    if (this.#names.has(name)) this.#cursor.fail(`two groups with the name ${name}`)
    const group = ++this.#groups
    this.#names.set(name, group)
    return part => ({ kind: 'capture', group, part })
  }

  #lookBehind(part: Pattern, isNegative: boolean): Pattern {
    const alternatives = part.kind === 'choice' ? part.parts : [part]
    const looks = alternatives.map((alternative): Pattern => {
      const back =
        fixedLength(alternative) ?? this.#cursor.fail('a look-behind whose length varies')
      return { kind: 'look', part: alternative, isNegative, back }
    })
    return isNegative ? sequence(looks) : choice(looks)
  }

  #escape(): Pattern {
    const cursor = this.#cursor
    const reference = this.#reference()
    if (reference !== undefined) return reference
    const code = readPcreCharacter(cursor)
    if (code !== undefined) return this.#byte(code)
    const letter = cursor.take() ?? cursor.fail('a backslash at the end')
    const set = letterClass(letter)
    if (set !== undefined) return setPattern(set)
    if (letter === 'N' && cursor.match(NAMED_CHARACTER) !== undefined) {
      cursor.fail('a character by its name, which is not supported')
    }
    const item = PCRE_ESCAPES[letter]
    return item ?? cursor.fail(`an unknown or unsupported escape \\${letter}`)
  }

  /** `\1`, `\g{1}`, `\g{-1}`, `\k<name>` and the like. */
  #reference(): Pattern | undefined {
    const cursor = this.#cursor
    const named = cursor.match(/(?:k<([A-Za-z_]\w*)>|k'([A-Za-z_]\w*)'|[kg]\{([A-Za-z_]\w*)\})/y)
    const name = named?.[1] ?? named?.[2] ?? named?.[3]
    if (name !== undefined) return this.#namedReference(name)
    const relative = cursor.match(/g(?:\{-(\d+)\}|-(\d+))/y)
    if (relative !== undefined) {
      const group = this.#groups + 1 - Number(relative[1] ?? relative[2])
      if (group < 1) cursor.fail('a reference to a group before the first')
      return this.#numberedReference(group)
    }
    const absolute = cursor.match(/g(?:\{(\d+)\}|(\d+))/y)
    if (absolute !== undefined) return this.#numberedReference(Number(absolute[1] ?? absolute[2]))
    const start = cursor.at
    const digits = cursor.match(/[1-9]\d*/y)?.[0]
    if (digits === undefined) return undefined
    const number = Number(digits)
    // More digits may be a byte in octal: a reference only where it is sure.
    if (number < 10 || /^[89]/.test(digits) || number <= this.#groups) {
      return this.#numberedReference(number)
    }
    cursor.at = start
    return undefined
  }

  #numberedReference(group: number): Pattern {
    if (group === 0) this.#cursor.fail('a reference to group 0')
    this.#highestReference = Math.max(this.#highestReference, group)
    return { kind: 'backreference', group, ignoreCase: this.#flags.i }
  }

  /** The group may come later: its number is filled in at the end. */
  #namedReference(name: string): Pattern {
    const reference = { kind: 'backreference' as const, group: 0, ignoreCase: this.#flags.i, name }
    this.#namedReferences.push(reference)
    return reference
  }

  #literal(char: string): Pattern {
    return this.#byte(char.charCodeAt(0))
  }

  #byte(value: number): Pattern {
    return setPattern(this.#folded(byteSet([value, value])))
  }

  #folded(set: ByteSet): ByteSet {
    return this.#flags.i ? foldCase(set) : set
  }
}

function lookAhead(part: Pattern, isNegative: boolean): Pattern {
  return { kind: 'look', part, isNegative, back: 0 }
}
