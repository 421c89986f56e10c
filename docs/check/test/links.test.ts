import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { allPages, root } from '../src/pages.ts'

const pages = allPages()

/** Files that a command makes and nobody checks in. */
const MADE = ['docs/api']

describe.each(pages.map(page => [page.path, page] as const))('%s', (path, { markdown }) => {
  const text = markdown.replace(/^ *```[\s\S]*?^ *```$/gm, '')

  test('links to files and headings that are there', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
    expect(links.filter(target => !leadsSomewhere(target, path))).toEqual([])
  })

  test('names files that are there', () => {
    const named = [
      ...text.matchAll(/`((?:packages|apps|scripts|test-fixtures|runtimes)\/[^`\s]+)`/g),
    ]
      .map(([, file = '']) => file)
      .filter(file => !/[*{…]|\b[A-Z]{2,}\b/.test(file.replace(/README/, '')))
      // What a build makes is not there before it.
      .filter(file => !/\/dist(-exe)?\//.test(file))
    expect(named.filter(file => !existsSync(join(root, file)))).toEqual([])
  })
})

test('docs/README.md lists every page', () => {
  const list = pages.find(({ path }) => path === 'docs/README.md')?.markdown ?? ''
  const others = pages
    .map(({ path }) => relative('docs', path))
    .filter(path => !path.startsWith('..') && path !== 'README.md')
  expect(others.filter(path => !list.includes(`](${path})`))).toEqual([])
})

function leadsSomewhere(target: string, from: string): boolean {
  if (/^https?:/.test(target)) return true
  const [file = '', heading] = target.split('#')
  const path = file === '' ? from : join(dirname(from), file)
  if (MADE.includes(path)) return true
  if (!existsSync(join(root, path))) return false
  return heading === undefined || headingsOf(path).includes(heading)
}

/** The headings of a page as GitHub names them in links. */
function headingsOf(path: string): string[] {
  const markdown = readFileSync(join(root, path), 'utf8')
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  )
}
