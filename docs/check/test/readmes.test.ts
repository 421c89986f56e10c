import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { allPages, root } from '../src/pages.ts'

const readmes = allPages().filter(({ path }) => /^packages\/[^/]+\/README\.md$/.test(path))

/** What each README has behind its example, in this order. */
const SECTIONS = ['Guarantees', 'Errors', 'Limits']

/** Most words before the first example: it is a sentence, or a sentence and its remark. */
const WORDS_MAX = 80

describe.each(readmes.map(page => [page.path, page] as const))('%s', (path, page) => {
  test('has a sentence, an example and its sections', () => {
    const [opening = ''] = page.markdown.split(/^```ts$/m)
    expect(opening).toMatch(/^# @composefs\/[a-z]+\n\n/)
    expect(opening.split(/\s+/).length).toBeLessThan(WORDS_MAX)
    expect(page.blocks[0]?.language).toBe('ts')
    const headings = [...page.markdown.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
    expect(headings.filter(heading => SECTIONS.includes(heading ?? ''))).toEqual(SECTIONS)
  })

  test('names every code of its errors, and none that is not there', () => {
    const errors = join(root, dirname(path), 'src/errors.ts')
    const codes = existsSync(errors) ? codesIn(readFileSync(errors, 'utf8')) : []
    const [, name = ''] = path.split('/')
    const own = new RegExp(`\\bERR_${name.toUpperCase()}_[A-Z0-9_]+\\*?`, 'g')
    const named = [...page.markdown.matchAll(own)].map(([word]) => word)
    expect(codes.filter(code => !named.some(word => covers(word, code)))).toEqual([])
    expect(named.filter(word => !codes.some(code => covers(word, code)))).toEqual([])
  })
})

test('every package has a README', () => {
  const packages = globSync('packages/*/package.json', { cwd: root }).map(dirname)
  expect(readmes.map(({ path }) => dirname(path)).sort()).toEqual(packages.sort())
})

function codesIn(source: string): string[] {
  return [...source.matchAll(/^\s*\| '(ERR_[A-Z0-9_]+)'/gm)].map(([, code]) => code ?? '')
}

/** A code, or a family of them that ends in `*`. */
function covers(word: string, code: string): boolean {
  return word.endsWith('*') ? code.startsWith(word.slice(0, -1)) : word === code
}
