import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseChallenges } from '../src/auth/challenge.ts'
import { mergeScopes } from '../src/auth/scopes.ts'

describe('challenges of WWW-Authenticate', () => {
  const bearer = [
    'bearer',
    { realm: 'https://a/token', service: 's', scope: 'repository:a:pull,push' },
  ]
  test.each([
    ['', []],
    ['Bearer realm="https://a/token",service="s",scope="repository:a:pull,push"', [bearer]],
    ['bEARER Realm = "https://a/token" , SERVICE="s" ,scope="repository:a:pull,push"', [bearer]],
    [
      'Basic realm="r, x=1", Bearer realm="https://a/token",service="s",scope="repository:a:pull,push"',
      [['basic', { realm: 'r, x=1' }], bearer],
    ],
    [
      'Negotiate, Basic realm=r',
      [
        ['negotiate', {}],
        ['basic', { realm: 'r' }],
      ],
    ],
    [
      'Negotiate YWJj==, Basic realm="r"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'r' }],
      ],
    ],
    ['Basic realm="a \\"quoted\\" \\\\ one"', [['basic', { realm: 'a "quoted" \\ one' }]]],
    ['Basic', [['basic', {}]]],
    [', ,Basic realm="r",,', [['basic', { realm: 'r' }]]],
    ['Bearer realm="open', [['bearer', {}]]],
    ['Bearer realm=', [['bearer', {}]]],
    ['="x"', []],
  ])('%s', (header, expected) => {
    const challenges = parseChallenges(header).map(({ scheme, parameters }) => [
      scheme,
      Object.fromEntries(parameters),
    ])
    expect(challenges).toEqual(expected)
  })

  test('a header that is longer than any', () => {
    expect(parseChallenges(`Bearer realm="${'x'.repeat(20_000)}"`)).toEqual([])
  })

  test('any text is read in linear time, or is none', () => {
    const pieces = fc.constantFrom('Bearer', 'realm', '=', '"', '\\', ',', ' ', 'a', '==', '\t')
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 4000 }), parts => {
        for (const { scheme } of parseChallenges(parts.join(''))) expect(scheme).not.toBe('')
      }),
      { numRuns: 200 },
    )
  })
})

describe('scopes', () => {
  test.each([
    [['repository:a:pull'], ['repository:a:pull']],
    [['repository:a:pull', 'repository:a:pull,push'], ['repository:a:pull,push']],
    [
      ['repository:a:pull', 'repository:h:5000/b:pull'],
      ['repository:a:pull', 'repository:h:5000/b:pull'],
    ],
    [['repository:a:pull repository:b:pull'], ['repository:a:pull', 'repository:b:pull']],
    [['repository:a:pull', '', 'nonsense'], ['repository:a:pull']],
  ])('%j', (scopes, expected) => {
    expect(mergeScopes(scopes)).toEqual(expected)
  })
})
