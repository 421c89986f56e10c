import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { bundleForBrowser } from '../src/bundle.ts'

const directory = fileURLToPath(new URL('../src', import.meta.url))

/** The entries that promise to run everywhere. */
const PURE = [
  '@composefs/bytes',
  '@composefs/fsverity',
  '@composefs/splitstream',
  '@composefs/splitstream/zstd',
  '@composefs/tree',
  '@composefs/erofs',
  '@composefs/oci/layer',
]

/** What only Node has. As words of code: the text of comments is not in a bundle, that of messages is. */
const NODE_GLOBALS =
  /(?<![\w$.'"`-])(?:(?:Buffer|process)(?=[.[])|(?:require|setImmediate)(?=\()|__dirname\b)/g

/** All of it goes into the bundle, used or not. */
const everythingOf = (entry: string) => `export * from '${entry}'`

describe.each(PURE)('%s', entry => {
  test('is bundled for browsers, and asks for nothing of Node', async () => {
    const { code, inputs } = await bundleForBrowser(everythingOf(entry), directory)
    const foreign = Object.values(inputs)
      .flatMap(({ imports }) => imports)
      .filter(({ path, external }) => external === true || path.startsWith('node:'))
    expect(foreign).toEqual([])
    expect(code.length).toBeGreaterThan(1000)
    expect(code.match(/['"`]node:/g)).toBe(null)
    expect([...code.matchAll(NODE_GLOBALS)].map(match => lineOf(code, match.index))).toEqual([])
  })

  test('takes nothing but pure packages and the portable hash with it', async () => {
    const { inputs } = await bundleForBrowser(everythingOf(entry), directory)
    const packages = Object.keys(inputs).flatMap(packageOf)
    const allowed = ['bytes', 'fsverity', 'splitstream', 'tree', 'erofs', '@noble/hashes']
    if (entry === '@composefs/oci/layer') allowed.push('oci')
    expect([...new Set(packages)].filter(name => !allowed.includes(name))).toEqual([])
  })
})

describe('an entry for Node', () => {
  test.each(['@composefs/fsverity/node', '@composefs/splitstream/node', '@composefs/oci'])(
    '%s is not bundled for browsers',
    async entry => {
      await expect(bundleForBrowser(everythingOf(entry), directory)).rejects.toThrow(/node:/)
    },
  )
})

/** The package that a module of a bundle is of. */
function packageOf(path: string): string[] {
  const [, ours] = /packages\/([^/]+)\/src\//.exec(path) ?? []
  if (ours !== undefined) return [ours]
  const [, theirs] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? []
  return theirs === undefined ? [] : [theirs]
}

function lineOf(text: string, at: number): string {
  return text.slice(text.lastIndexOf('\n', at) + 1, text.indexOf('\n', at)).trim()
}
