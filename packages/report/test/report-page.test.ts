import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { BROWSER_PARTS, bundlePage } from '../build/bundle-page.ts'
import { reportPage } from '../src/index.ts'
import { visibleText } from '../src/page/visible-text.ts'
import { treeOfNames, treeReport } from './browser/made-up-trees.ts'

const name = (text: string) => new TextEncoder().encode(text)

test('the script and the style in the package are those of their sources', async () => {
  const made = await bundlePage()
  const isSame = readFileSync(BROWSER_PARTS, 'utf8') === made
  expect(isSame, 'pnpm run build:page makes them anew').toBe(true)
})

test('a page has the licence of what it draws with', () => {
  expect(reportPage(treeReport('app', treeOfNames([name('a')])))).toContain('Mike Bostock')
})

test('the policy of a page names what is in it, and nothing else', () => {
  const html = reportPage(treeReport('app', treeOfNames([name('a')])))
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? ''
  const hash = (text: string | undefined) =>
    `'sha256-${createHash('sha256')
      .update(text ?? '')
      .digest('base64')}'`
  const script = /<script>([\s\S]*?)<\/script>/.exec(html)?.[1]
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1]
  expect(policy.split('; ')).toEqual([
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ])
})

test('no name ends the element that the data stands in', () => {
  const hostile = ['</script><script>alert(1)</script>', '<!--', ']]>', '\u2028'].map(text =>
    name(text.replaceAll('/', '⁄')),
  )
  const title = '</script><script>alert(1)</script>'
  const html = reportPage(treeReport(title, treeOfNames(hostile)))
  expect(html.match(/<script/g)?.length).toBe(2)
  expect(html.match(/<\/script>/g)?.length).toBe(2)
  const data = /id="report-data">([^<]*)<\/script>/.exec(html)?.[1] ?? ''
  expect(JSON.parse(data).subject.name).toBe(title)
})

test.each([
  ['plain-name_1.txt', 'plain-name_1.txt'],
  ['ünïcödé 漢字 🙂', 'ünïcödé 漢字 🙂'],
  ['a\u0000b\u001b\u007f', 'a\\u{0}b\\u{1b}\\u{7f}'],
  [
    '\u200e\u200f\u202a\u202e\u2066\u2069',
    '\\u{200e}\\u{200f}\\u{202a}\\u{202e}\\u{2066}\\u{2069}',
  ],
  ['zero\u200bwidth\ufeff', 'zero\\u{200b}width\\u{feff}'],
])('%j can be seen', (text, expected) => {
  expect(visibleText(text)).toBe(expected)
})
