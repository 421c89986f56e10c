import { encodeUtf8 } from '@composefs/bytes'
import { parseAutomatonPattern } from './automaton-syntax.ts'
import { isRegular, type Pattern, PatternSyntaxError } from './pattern.ts'
import { parsePcrePattern } from './pcre-syntax.ts'

/** Which of the two dialects a pattern is in. */
export type Dialect = 'automaton' | 'pcre'

/** A pattern that was understood. */
export interface ParsedPattern {
  readonly pattern: Pattern
  readonly dialect: Dialect
  /** True when an automaton can match it; the rest takes a search with backing up. */
  readonly isRegular: boolean
}

/**
 * Parses a pattern in the dialect of cfsctl's automaton, and where it is none there, in that of PCRE2. The order
 * matters: `[a[bc]]`, `a*+` and `.` mean something else in each, and image ids depend on it.
 *
 * @param dialect of the pattern, if it was parsed before
 * @throws PatternSyntaxError what the second dialect says
 */
export function parsePattern(text: string, dialect?: Dialect): ParsedPattern {
  const first = dialect === 'pcre' ? undefined : parseAutomaton(text)
  const pattern = first ?? parsePcrePattern(toLatin1(text))
  return {
    pattern,
    dialect: first === undefined ? 'pcre' : 'automaton',
    isRegular: isRegular(pattern),
  }
}

function parseAutomaton(text: string): Pattern | undefined {
  try {
    return parseAutomatonPattern(text)
  } catch (error) {
    if (error instanceof PatternSyntaxError) return undefined
    throw error
  }
}

function toLatin1(text: string): string {
  let latin1 = ''
  for (const byte of encodeUtf8(text)) latin1 += String.fromCharCode(byte)
  return latin1
}
