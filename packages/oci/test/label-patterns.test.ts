import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LabelMatcher, NO_LABEL } from '../src/boot/selinux/label-matcher.ts'
import type { LabelRule } from '../src/boot/selinux/policy.ts'
import { isOciError } from '../src/index.ts'
import { PATTERN_TABLE } from './pattern-table.ts'

const rule = (pattern: string, more: Partial<LabelRule> = {}): LabelRule => ({
  pattern,
  type: undefined,
  label: 'L',
  path: 'file_contexts',
  line: 1,
  ...more,
})

const REGULAR = '-'.charCodeAt(0)
const DIRECTORY = 'd'.charCodeAt(0)

function matcherOf(rules: readonly LabelRule[]): LabelMatcher {
  return new LabelMatcher({ type: 't', rules, aliases: new Map() }, 1000)
}

/** True when a pattern matches a path; a slash at its end makes it a directory. */
function matches(matcher: LabelMatcher, path: string | Uint8Array): boolean {
  const isDirectory = typeof path === 'string' && path.endsWith('/') && path.length > 1
  const text = Buffer.from(isDirectory ? path.slice(0, -1) : path)
  const state = matcher.walk(matcher.start, text)
  return matcher.label(state, isDirectory ? DIRECTORY : REGULAR, () => text) !== NO_LABEL
}

/** The code of the error that a pattern is refused with, whether it is read or used. */
function refusal(pattern: string, path = '/a'): string | undefined {
  try {
    matches(matcherOf([rule(pattern)]), path)
  } catch (error) {
    if (isOciError(error)) return error.code
    throw error
  }
  return undefined
}

describe('patterns mean what they mean to cfsctl', () => {
  test.each(PATTERN_TABLE)('%s', (pattern, matching, others) => {
    const matcher = matcherOf([rule(pattern)])
    expect(matching.filter(path => !matches(matcher, path))).toEqual([])
    expect(others.filter(path => matches(matcher, path))).toEqual([])
  })
})

describe('patterns that are none', () => {
  test.each([
    '*',
    '+a',
    '/(a',
    '/a)',
    '/[a',
    '/[z-a]',
    '/a{3,2}',
    '/a\\',
    '/[\\d-z]',
    '/[a-\\d]',
    '/(?i)*a',
    '/(?!q)$*',
    '/(?!q)\\b?',
    '/a{,2}**',
    '/a{,2}\\N{b}',
    '/(?x)ab#',
    '/(?!x)[[=a=]]',
    '/[]',
    '/[^]',
    '/ab(?<=a*b)c',
    '/(?<n>a)(?<n>b)',
    '/(?!x)\\8',
    '/(?!x)\\y',
    '/(?!x)\\i',
    '/(?!x)a{65536}',
    '/a{4294967296}',
    '/\\',
  ])('%s', pattern => {
    expect(refusal(pattern)).toBe('ERR_OCI_POLICY_BAD_PATTERN')
  })
})

describe('what cfsctl knows and we do not is an error', () => {
  test.each([
    ['Unicode', '/(?u).'],
    ['properties', '/\\pL'],
    ['a flag for lines that end in CR', '/(?R)a.b'],
    ['groups of equal numbers', '/(?|a|b)'],
    ['recursion', '/(a)(?1)'],
    ['conditions', '/(?(1)a|b)'],
    ['verbs', '/(*ACCEPT)'],
    ['callouts', '/a(?C)'],
    ['a moved beginning', '/a\\Kb'],
    ['more than 250 groups in each other', `/${'('.repeat(251)}${')'.repeat(251)}`],
    ['more than 250 repetitions of repetitions', `/a${'*'.repeat(252)}`],
  ])('%s: %s', (_, pattern) => {
    expect(refusal(pattern)).toBe('ERR_OCI_POLICY_BAD_PATTERN')
  })
})

describe('the last rule that matches', () => {
  const labelOf = (rules: readonly LabelRule[], path: string) => {
    const matcher = matcherOf(rules)
    const text = Buffer.from(path)
    const number = matcher.label(matcher.walk(matcher.start, text), REGULAR, () => text)
    return number === NO_LABEL ? undefined : Buffer.from(matcher.labels[number] ?? '').toString()
  }
  test.each([
    ['is the one that counts', ['/.* A', '/usr/.* B', '/.* C'], 'C'],
    ['may be a literal', ['/.* A', '/usr/bin/x B'], 'B'],
    ['of the right type', ['/.* A', '/.* -d B', '/.* -l C'], 'A'],
    ['of the right type, searched', ['/.*(?=-) A', '/.*(?=-) -d B'], 'A'],
    ['may be one that is searched', ['/.* A', '/usr/(?!lib).* B'], 'B'],
    ['is not one that is searched in vain', ['/.* A', '/usr/(?!bin).* B', '/(?!usr).* C'], 'A'],
    ['may say that there is no label', ['/.* A', '/usr/.* <<none>>'], undefined],
    ['is none', ['/opt A'], undefined],
  ])('%s', (_, lines, expected) => {
    const rules = lines.map(line => {
      const [pattern = '', second = '', third] = line.split(' ')
      const label = third ?? second
      return rule(pattern, {
        type: third === undefined ? undefined : second.slice(1),
        label: label === '<<none>>' ? undefined : label,
      })
    })
    expect(labelOf(rules, '/usr/bin/x')).toBe(expected)
  })
})

describe('patterns that would take for ever', () => {
  const path = `/${'ab'.repeat(100)}`
  const manyPaths = Array.from({ length: 1000 }, (_, i) => {
    let text = ''
    for (let state = i + 1; text.length < 200; state = Math.imul(state, 1103515245) + 12345) {
      text += 'ab'[(state >>> 16) & 1]
    }
    return `/${text}`
  })
  test.each([
    ['a search that doubles with each byte', '/(?!x)(x?)\\2(a|b|ab)*c'],
    ['counts of counts', `/${'('.repeat(9)}a${'{0,99})'.repeat(9)}{0,99}`],
  ])('end with an error: %s', (_, pattern) => {
    expect(refusal(pattern, path)).toBe('ERR_OCI_POLICY_TOO_COMPLEX')
  })
  test.each([
    ['nested loops', '/((a*)*|(b*)*)*c'],
    ['counts of nothing', '/(((){1000000}){1000000}){1000000}'],
    ['loops in loops that are searched', '/((a*)*)*((b*)*(?!x))*c'],
    ['a search that would double with each byte', '/(?!x)(a|b|ab)*c'],
    ['empty loops that are searched', `/(?!x)(${'[ab]?'.repeat(100)})*c`],
  ])('take their time in proportion to the path: %s', (_, pattern) => {
    expect(refusal(pattern, path)).toBeUndefined()
  })
  test('an automaton that is new at every byte ends with an error that names the pattern', () => {
    const ways = Array.from({ length: 20 }, (_, i) => `.*a.{${i + 100}}b`)
    const rules = [rule('/.*'), rule(`/(${ways.join('|')})`, { line: 7 }), rule('/.*/.*b.{9}')]
    const matcher = new LabelMatcher({ type: 't', rules, aliases: new Map() }, 0)
    expect(() => {
      for (const each of manyPaths) matches(matcher, each)
    }).toThrow(/^.file_contexts:7: pattern .*: too many steps$/)
  })
  test('an automaton that is forgotten and made anew gives the same answers', () => {
    const pattern = '/.*a.{16}b.*'
    const matcher = matcherOf([rule(pattern)])
    const oracle = new RegExp(`^${pattern}$`, 's')
    for (const each of manyPaths) expect(matches(matcher, each)).toBe(oracle.test(each))
  })
})

/** Patterns over a small alphabet that our automaton, our search and JavaScript understand alike. */
const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '')
const { regular } = fc.letrec<{ regular: string }>(tie => ({
  regular: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    atom,
    fc.tuple(tie('regular'), tie('regular')).map(([a, b]) => a + b),
    fc.tuple(tie('regular'), tie('regular')).map(([a, b]) => `(${a}|${b})`),
    fc
      .tuple(tie('regular'), fc.constantFrom('*', '+', '?', '*?', '{2}', '{1,2}', '{0,1}', '{1,}'))
      .map(([a, times]) => `(${a})${times}`),
  ),
}))
const searched = fc
  .tuple(fc.constantFrom('=', '!', '<=', '<!'), fc.constantFrom('a', 'b', 'ab', 'a|b'), regular)
  .map(([kind, look, rest]) => `${rest}(?${kind}${look})${rest}`)
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 })

describe('matching, against RegExp', () => {
  test.each([
    ['the automaton', regular],
    ['the search', searched],
  ])('%s', (_, patterns) => {
    fc.assert(
      fc.property(patterns, fc.array(text, { minLength: 1, maxLength: 8 }), (pattern, texts) => {
        // A type letter is behind each path, for those that look ahead.
        const oracle = new RegExp(`^(?:${pattern})-$`, 's')
        const matcher = matcherOf([rule(pattern === '' ? '()' : pattern)])
        for (const each of texts) expect(matches(matcher, each)).toBe(oracle.test(`${each}-`))
      }),
      { numRuns: 500 },
    )
  })
  test('several at once: the last one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(regular, searched), { minLength: 1, maxLength: 6 }),
        text,
        (patterns, each) => {
          const matcher = matcherOf(
            patterns.map((pattern, i) => rule(`(${pattern})`, { label: String(i) })),
          )
          const path = Buffer.from(each)
          const number = matcher.label(matcher.walk(matcher.start, path), REGULAR, () => path)
          const expected = patterns.findLastIndex(pattern =>
            new RegExp(`^(?:${pattern})-$`, 's').test(`${each}-`),
          )
          expect(number).toBe(expected)
        },
      ),
      { numRuns: 300 },
    )
  })
  test('any text is a pattern or an error of ours', () => {
    const unit = fc.constantFrom(...'ab/.*+?()[]{}|^$\\-:<>=!,12PiQEdx&~é')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 24 }), pattern => {
        expect([undefined, 'ERR_OCI_POLICY_BAD_PATTERN', 'ERR_OCI_POLICY_TOO_COMPLEX']).toContain(
          refusal(pattern, '/ab'),
        )
      }),
      { numRuns: 1000 },
    )
  })
})
