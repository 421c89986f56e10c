import { encodeUtf8 } from '@composefs/bytes'
import { parseAutomatonPattern } from './automaton-syntax.ts'
import { isRegular, type Pattern, PatternSyntaxError } from './pattern.ts'
import { parsePcrePattern } from './pcre-syntax.ts'

/** A pattern that was understood. */
export interface ParsedPattern {
  readonly pattern: Pattern
  /** True when an automaton can match it; the rest takes a search with backing up. */
  readonly isRegular: boolean
}

/**
 * Parses a pattern in the dialect of cfsctl's automaton, and where it is none there, in that of PCRE2. The order
 * matters: `[a[bc]]`, `a*+` and `.` mean something else in each, and image ids depend on it.
 *
 * @throws PatternSyntaxError what the second dialect says
 */
export function parsePattern(text: string): ParsedPattern {
  const pattern = parseAutomaton(text) ?? parsePcrePattern(toLatin1(text))
  return { pattern, isRegular: isRegular(pattern) }
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
