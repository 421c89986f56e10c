import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LabelMatcher, NO_LABEL } from '../src/boot/selinux/label-matcher.ts'
import type { LabelRule } from '../src/boot/selinux/policy.ts'
import { isOciError } from '../src/index.ts'

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

/** Bytes from their characters, for what is not UTF-8. */
const bytes = (latin1: string) => Buffer.from(latin1, 'latin1')

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

/** What cfsctl 0.9.4 made of each: the paths that got the label, and those that did not. */
const PATTERNS: readonly [string, (string | Uint8Array)[], (string | Uint8Array)[]][] = [
  ['/a(b)?', ['/a', '/ab'], ['/abc']],
  ['/(a)\\1', [], ['/aa', '/a1']],
  ['/(a)\\2', ['/aa'], ['/aaa']],
  ['/x[a[bc]]', ['/xa', '/xb'], ['/x[]', '/xa]', '/x[']],
  ['/x[a&&b]', [], ['/xa', '/x&']],
  ['/x[a-c--b]', ['/xa'], ['/xb', '/x-']],
  ['/a*+ab', ['/aab', '/aaab'], []],
  ['/a{2}+b', ['/aab', '/aaaab'], []],
  ['/a{', ['/a{'], ['/a']],
  ['/a{,3}', ['/a', '/aaa'], ['/a{,3}']],
  ['/a{2,}', ['/aa', '/aaaa'], ['/a']],
  ['/a.b', ['/a\nb', '/axb', bytes('/a\xffb')], []],
  ['/(?=a)a.b', ['/axb', bytes('/a\xffb')], ['/a\nb']],
  ['/é+', ['/é', '/éé'], [bytes('/\xc3\xa9\xa9')]],
  ['/[é]', [bytes('/\xc3')], ['/é']],
  ['/[é](?=.)', [bytes('/\xc3')], ['/é']],
  ['/é+(?=.)', ['/é', bytes('/\xc3\xa9\xa9')], ['/éé']],
  ['/\\e', [], ['/e']],
  ['/\\d\\w\\s?\\h?', ['/1a'], []],
  ['/\\d\\w', ['/1a', '/11'], ['/aa']],
  ['/\\bfoo\\b', ['/foo'], ['/foo.d']],
  ['/foo$', [], ['/foo']],
  ['^/foo', ['/foo'], []],
  ['/foo(?=d)', ['/foo/'], []],
  ['/foo(?=-)', ['/foo'], []],
  ['/foo\\z', [], ['/foo']],
  ['/a\\Z', [], ['/a']],
  ['/a\\-b\\_c\\/\\"', ['/a-b_c/"'], []],
  ['/a\\<b', [], ['/a<b']],
  ['/\\Qa.b\\E', ['/a.b'], ['/axb']],
  ['/[\\w.-]+', ['/a.b-c'], []],
  ['/[]a]', ['/]', '/a'], []],
  ['/[^]a]', ['/b'], ['/]']],
  ['/[[:alnum:]_]+', ['/a_1'], ['/é']],
  ['/[[:^alnum:]]+', ['/_', bytes('/\xc3')], ['/a']],
  ['/[[:foo:]]+', [], ['/a', '/:]']],
  ['/[:alnum:]', ['/a'], ['/z']],
  ['/(?i)abc', ['/ABC', '/abc'], ['/É']],
  ['/(?i:a)bc', ['/Abc'], ['/ABC']],
  ['/(?-s)a.b', ['/a\nb'], []],
  ['/(?s)a.b', ['/a\nb'], []],
  ['/(?P<n>a)(?P=n)', ['/aa'], []],
  ['/(?<n>a)\\k<n>', ['/aa'], []],
  ['/(?#c)a', ['/a'], []],
  ['/(?>a*)b', ['/aab'], []],
  ['/\\x41\\x{42}', ['/AB'], []],
  ['/\\101', ['/A'], []],
  ['/\\0', [], ['/A']],
  ['/a|/b', ['/a', '/b'], []],
  ['/a||/b', ['/a', '/b'], []],
  ['/()', ['/'], ['/b']],
  ['/a**', ['/a', '/aa'], []],
  ['/**', ['/'], ['/a']],
  ['/a{1001}', [], ['/a']],
  ['/a{100000}', [], ['/a']],
  ['/\\R', [], ['/a']],
  ['/\\N', ['/a'], []],
  ['/]', ['/]'], []],
  ['/}', ['/}'], []],
  ['/{', ['/{'], []],
  ['/a{0}b', ['/b'], []],
  ['/a{,}', ['/a{,}'], ['/a', '/aaa', '/']],
  ['/(?=a)a{,3}', ['/a', '/aaa'], ['/a{,3}']],
  ['/(?=a)a{2,}', ['/aaa'], ['/a']],
  ['/(?!x)a*+a', [], ['/aa']],
  ['/(?!x)a*+b', ['/aab'], []],
  ['/(?!x)(a|ab)(?>c|bc)d', ['/abcd'], []],
  ['/(?!x)[a&&b]', ['/&'], ['/a]']],
  ['/(?!x)[a[bc]]', ['/a]', '/[]', '/b]'], []],
  ['/(?!x)[]a]', ['/]'], []],
  ['/(?!x)[^]a]', ['/b'], ['/]']],
  ['/(?!x)[\\b]a', ['/\ba'], []],
  ['/[\\b]a', ['/\ba'], []],
  ['/\\x{e9}', ['/é'], [bytes('/\xe9')]],
  ['/\\xe9', [bytes('/\xe9')], ['/é']],
  ['/\\x{100}', ['/Ā'], []],
  ['/\\u00e9', ['/é'], [bytes('/\xe9')]],
  ['/[\\xe9]', [bytes('/\xe9')], ['/é']],
  ['/[\\x{e9}]', [bytes('/\xe9')], ['/é']],
  ['/[à-é]', [bytes('/\xc3'), bytes('/\xa8')], []],
  ['/[^é]', ['/a'], [bytes('/\xc3')]],
  ['/[^a]', [bytes('/\xc3'), '/\n'], []],
  ['/\\Wx', [bytes('/\xc3x')], []],
  ['/(?i)[a-c]', ['/B'], []],
  ['/(?i)[^a]', [], ['/A']],
  ['/(?m)^a', [], ['/a']],
  ['/x\\n(?m:^)a', ['/x\na'], []],
  ['/x(?m:$)\\na', ['/x\na'], []],
  ['/(?U)a+b', ['/aab'], []],
  ['/(?-u)é', ['/é'], []],
  ['/(?)a', ['/a'], []],
  ['/(?i)', ['/'], []],
  ['/(?ii)a', ['/a'], []],
  ['/(?x)ab', ['/ab'], []],
  ['/(?x)a\\#b', ['/a#b'], []],
  ['/[a-]', ['/-', '/a'], []],
  ['/[-a]', ['/-', '/a'], []],
  ['/[--a]', ['/-', '/a'], ['/0']],
  ['/[+--]', ['/+'], ['/,', '/-']],
  ['/[a-c-e]', ['/-', '/e'], ['/d']],
  ['/[\\w-]', ['/-', '/d'], []],
  ['/[a&&]', [], ['/a', '/&']],
  ['/[&&a]', [], ['/a', '/&']],
  ['/[a~~ab]', ['/b'], ['/a']],
  ['/[a-z&&[^b]]', ['/a'], ['/b']],
  ['/[a-z&&^b]', ['/b'], ['/a', '/^']],
  ['/[a-z--b--c]', ['/a'], ['/b', '/c']],
  ['/[[:alpha:]&&[a-c]]', ['/a'], ['/d']],
  ['/[[.a.]]', ['/a'], ['/.]']],
  ['/[[=a=]]', ['/a'], ['/=]']],
  ['/[[:alpha:]-z]', ['/a', '/-'], []],
  ['/[]]', ['/]'], []],
  ['/[[]', ['/['], []],
  ['/[[]]', ['/[]'], ['/[']],
  ['/[[]a]', ['/[a]'], ['/[']],
  ['/[a[]', ['/['], []],
  ['/\\cA', ['/\u0001'], []],
  ['/\\o{101}', ['/A'], []],
  ['/\\g{1}', [], ['/A']],
  ['/(a)\\g{-1}', ['/aa'], []],
  ['/(a)\\g2', ['/aa'], []],
  ['/(?<=a)b', [], ['/b']],
  ['/a(?<=a)b', ['/ab'], []],
  ['/ab(?<=a|ab)c', ['/abc'], []],
  ['/ab(?<!x)c', ['/abc'], []],
  ['/(?!x)(?i)a', ['/A'], []],
  ['/(?!x)(?i:a)b', ['/Ab'], []],
  ['/(?!x)\\Ra', ['/\r\na', '/\na'], []],
  ['/(?!x)\\ha', ['/\ta'], []],
  ['/\\v', ['/\u000b'], ['/\n']],
  ['/(?!x)\\v', ['/\u000b', '/\n'], []],
  ['/(?!x)\\s', ['/\u000b'], ['/', bytes('/\xa0')]],
  ['/\\s', ['/\u000b'], []],
  ['/(?!x)\\w', ['/_'], [bytes('/\xe9')]],
  ['/(?!x)(?s)a.b', ['/a\nb'], []],
  ['/(?!x)(?m)^a', [], ['/a']],
  ['/(?!x)(?x)a', ['/a'], []],
  ['/(?!x)(?n)(a)', ['/a'], []],
  ['/(?!x)(?U)a+', ['/aa'], []],
  ['/(?!x)(?J)a+', ['/aa'], []],
  ['/(?!x)\\11', ['/\t'], []],
  ['/\\_', ['/_'], []],
  ['/\\é', ['/é'], []],
  ['/(?!x)\\é', ['/é'], []],
  ['/(?!x)a{65535}', [], ['/a']],
  ['/(a+)+(?!z)', ['/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'], []],
  ['/\\b{start}a', ['/a'], []],
  ['/\\<a\\>', ['/a'], []],
  ['/a\\b{end}', ['/a'], []],
  ['/(|a)*b', ['/ab'], []],
  ['/(?!x)(|a)*b', ['/ab'], []],
  ['/(?!x)(a*)*b', ['/aab'], []],
  ['/^*a', ['/a'], []],
  ['/(?!x)\\Ea', ['/a'], []],
  ['/a\\E', ['/a'], []],
  ['/a[\\Qx]\\E]', ['/a]'], []],
  ['/a#b', ['/a#b'], []],
  ['/a\\#\\&\\~\\%\\@\\!\\=\\:\\;\\,\\`', ['/a#&~%@!=:;,`'], []],
]

describe('patterns mean what they mean to cfsctl', () => {
  test.each(PATTERNS)('%s', (pattern, matching, others) => {
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
