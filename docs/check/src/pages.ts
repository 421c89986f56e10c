import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CodeBlock, codeBlocks } from './code-blocks.ts'

/** The directory of the checkout. */
export const root: string = fileURLToPath(new URL('../../..', import.meta.url))

/** A page of text with what is in it. */
export interface Page {
  /** Relative to the checkout. */
  readonly path: string
  readonly markdown: string
  readonly blocks: readonly CodeBlock[]
}

const PAGES = [
  '*.md',
  'docs/*.md',
  'docs/formats/*.md',
  'docs/decisions/*.md',
  'packages/*/README.md',
  'apps/*/README.md',
  'action/README.md',
  'bench/*.md',
  'examples/README.md',
  'examples/*/README.md',
  'test-fixtures/README.md',
]

/** Every README and every page of the docs. */
export function allPages(): Page[] {
  return globSync(PAGES, { cwd: root })
    .sort()
    .map(path => {
      const markdown = readFileSync(join(root, path), 'utf8')
      return { path, markdown, blocks: codeBlocks(markdown) }
    })
}
