import { type ByteSet, onlyByte } from './byte-set.ts'

/** A place between two bytes and what has to be there. `line` kinds know `\n` alone as the end of a line. */
export type AssertionKind =
  | 'start'
  | 'end'
  /** At the end, or before a newline that ends everything. */
  | 'end-or-newline'
  | 'line-start'
  | 'line-end'
  | 'word-border'
  | 'no-word-border'
  | 'word-start'
  | 'word-end'
  /** No word byte before, or behind. */
  | 'word-start-half'
  | 'word-end-half'

/** A pattern as a tree, of either dialect. */
export type Pattern =
  | { readonly kind: 'byte'; readonly byte: number }
  | { readonly kind: 'set'; readonly set: ByteSet }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly parts: readonly Pattern[] }
  | {
      readonly kind: 'repeat'
      readonly part: Pattern
      readonly min: number
      /** Infinity for no limit. */
      readonly max: number
      readonly mode: 'greedy' | 'lazy' | 'possessive'
    }
  | { readonly kind: 'capture'; readonly group: number; readonly part: Pattern }
  | { readonly kind: 'assertion'; readonly assertion: AssertionKind }
  | {
      readonly kind: 'look'
      readonly part: Pattern
      readonly isNegative: boolean
      /** Bytes to go back first: the length of what a look-behind matches, 0 for a look-ahead. */
      readonly back: number
    }
  | { readonly kind: 'backreference'; readonly group: number; readonly ignoreCase: boolean }
  /** What matched is not tried another way. */
  | { readonly kind: 'atomic'; readonly part: Pattern }

/** Groups within each other, as both of cfsctl's engines have it. */
export const NESTING_MAX = 250

/** A pattern that is none in this dialect. */
export class PatternSyntaxError extends Error {
  override readonly name = 'PatternSyntaxError'
}

export function sequence(parts: readonly Pattern[]): Pattern {
  return parts.length === 1 ? (parts[0] as Pattern) : { kind: 'sequence', parts }
}

export function choice(parts: readonly Pattern[]): Pattern {
  return parts.length === 1 ? (parts[0] as Pattern) : { kind: 'choice', parts }
}

export function setPattern(set: ByteSet): Pattern {
  const byte = onlyByte(set)
  return byte === undefined ? { kind: 'set', set } : { kind: 'byte', byte }
}

/** True for a pattern that a finite automaton can match: no look-around, references to groups or the like. */
export function isRegular(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case 'byte':
    case 'set':
      return true
    case 'sequence':
    case 'choice':
      return pattern.parts.every(isRegular)
    case 'repeat':
      return pattern.mode !== 'possessive' && isRegular(pattern.part)
    case 'capture':
      return isRegular(pattern.part)
    case 'assertion':
      return pattern.assertion === 'start' || pattern.assertion === 'end'
    case 'look':
    case 'backreference':
    case 'atomic':
      return false
  }
}

/**
 * The bytes that every match begins with, and what is left of the pattern behind them. A `^` at the very beginning
 * says nothing, since patterns match from the first byte on.
 */
export function splitStem(pattern: Pattern): { readonly stem: Uint8Array; readonly rest: Pattern } {
  const parts = flatten(pattern)
  let at = 0
  while (isStart(parts[at])) at++
  const stem: number[] = []
  for (let part = parts[at]; part?.kind === 'byte'; part = parts[++at]) stem.push(part.byte)
  return { stem: Uint8Array.from(stem), rest: sequence(parts.slice(at)) }
}

function flatten(pattern: Pattern): Pattern[] {
  return pattern.kind === 'sequence' ? pattern.parts.flatMap(flatten) : [pattern]
}

function isStart(part: Pattern | undefined): boolean {
  return part?.kind === 'assertion' && part.assertion === 'start'
}

/** The length of everything the pattern matches, in bytes; undefined when it varies. */
export function fixedLength(pattern: Pattern): number | undefined {
  switch (pattern.kind) {
    case 'byte':
    case 'set':
      return 1
    case 'assertion':
    case 'look':
      return 0
    case 'backreference':
      return undefined
    case 'capture':
    case 'atomic':
      return fixedLength(pattern.part)
    case 'repeat': {
      const length = fixedLength(pattern.part)
      return length === undefined || pattern.min !== pattern.max ? undefined : length * pattern.min
    }
    case 'sequence': {
      let sum = 0
      for (const part of pattern.parts) {
        const length = fixedLength(part)
        if (length === undefined) return undefined
        sum += length
      }
      return sum
    }
    case 'choice': {
      const lengths = new Set(pattern.parts.map(fixedLength))
      return lengths.size === 1 ? lengths.values().next().value : undefined
    }
  }
}
