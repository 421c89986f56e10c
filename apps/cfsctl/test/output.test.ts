import { describe, expect, test } from 'vitest'
import { compileCacheDirectory } from '../src/compile-cache.ts'
import { wantsColor } from '../src/output/color.ts'
import { displayWidth } from '../src/output/display-width.ts'
import { documentLines, formatJson } from '../src/output/json.ts'
import { printResult } from '../src/output/print-result.ts'
import type { Result } from '../src/output/result.ts'
import { boxLines, plainLines, type Table } from '../src/output/table.ts'

const table: Table = {
  header: ['NAME', 'DIGEST'],
  rows: [
    ['my/boot', '58436656231c'],
    ['myimg', '58436656231c'],
  ],
  whenEmpty: 'No images found',
}

describe('a table', () => {
  test('is a box', () => {
    expect([...boxLines(table)].join('\n')).toBe(
      `
┌─────────┬──────────────┐
│ NAME    ┆ DIGEST       │
╞═════════╪══════════════╡
│ my/boot ┆ 58436656231c │
├╌╌╌╌╌╌╌╌╌┼╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
│ myimg   ┆ 58436656231c │
└─────────┴──────────────┘`.trim(),
    )
  })

  test('without rows is a sentence', () => {
    expect([...boxLines({ ...table, rows: [] })]).toEqual(['No images found'])
    expect([...plainLines({ ...table, rows: [] })]).toEqual([])
  })

  test('may have more rows than a call takes arguments', () => {
    const rows = Array.from({ length: 200_000 }, (_, i) => [String(i), 'x'])
    const [top] = boxLines({ ...table, rows })
    expect(top).toBe('┌────────┬────────┐')
  })

  test('as columns has TABs and no header', () => {
    expect([...plainLines(table)]).toEqual(['my/boot\t58436656231c', 'myimg\t58436656231c'])
  })

  test('shows control characters of names escaped', () => {
    const evil = { ...table, rows: [['a\u001b[2J\n\tb', 'x']] }
    expect([...plainLines(evil)]).toEqual(['a\\x1b[2J\\n\\tb\tx'])
    expect([...boxLines(evil)][3]).toBe('│ a\\x1b[2J\\n\\tb ┆ x      │')
  })

  test.each([
    ['a C1 control and not the byte of its number', '\u009b2J', '\\xc2\\x9b2J'],
    ['a mark of direction', 'exe.\u202etxt', 'exe.\\xe2\\x80\\xaetxt'],
    ['a separator of lines', 'a\u2028b', 'a\\xe2\\x80\\xa8b'],
    ['nothing of a name in any script', 'ä日本🙂', 'ä日本🙂'],
  ])('escapes %s', (_, name, shown) => {
    expect([...plainLines({ ...table, rows: [[name]] })]).toEqual([shown])
  })

  test.each([
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['日本', 4],
    ['🙂', 2],
  ])('takes the width of %s', (text, width) => {
    expect(displayWidth(text)).toBe(width)
  })
})

describe('a document', () => {
  const document = {
    schema: 'cfsctl.info/1',
    path: '/r',
    extra: [],
    features: { compatible: [], incompatible: ['x'] },
    tag: null,
    counts: { objects: 3 },
  }

  test('is pretty JSON with a newline', () => {
    expect(formatJson({ images: [], ok: true })).toBe('{\n  "images": [],\n  "ok": true\n}\n')
  })

  test('gives nothing to a terminal but what it shows, and is the same document', () => {
    const name = 'a\n\u001b]0;\u009b31m\u2028\u202e\u007fä🙂'
    const json = formatJson({ name, [name]: [name] })
    expect(json.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Bidi_Control}]/u)
    expect(JSON.parse(json)).toEqual({ name, [name]: [name] })
  })

  test('as text has no line that a name brings', () => {
    expect([...documentLines({ schema: 'x', target: 'a\n\u001b[2J' })]).toEqual([
      'target: a\\n\\x1b[2J',
    ])
  })

  test('as text is name: value lines without its schema', () => {
    expect([...documentLines(document)]).toEqual([
      'path: /r',
      'extra:',
      'features:',
      '  compatible:',
      '  incompatible:',
      '    x',
      'tag: -',
      'counts:',
      '  objects: 3',
    ])
  })
})

describe('a result', () => {
  const result: Result = { table, lines: ['and a line'], json: { images: [] } }
  test.each([
    ['as JSON', { json: true, format: undefined }, '{\n  "images": []\n}\n'],
    ['as columns', { json: false, format: 'plain' }, /^my\/boot\t.*\nmyimg\t.*\nand a line\n$/],
    ['as text', { json: false, format: undefined }, /^┌.*and a line\n$/s],
  ] as const)('%s', async (_, format, expected) => {
    expect(await printed(result, format)).toMatch(expected)
  })

  test('without a document prints its content with --json, too', async () => {
    const bytes = [Buffer.from('a'), Buffer.from('b')]
    expect(await printed({ bytes }, { json: true, format: undefined })).toBe('ab')
  })

  test('of binary data is refused by a terminal', async () => {
    const run = printed(
      { bytes: [Buffer.from('a')], isBinary: true },
      { json: false, format: undefined },
      true,
    )
    await expect(run).rejects.toThrow('refusing to write binary data to a terminal')
  })
})

describe('colour', () => {
  test.each([
    ['always', { NO_COLOR: '1' }, false, true],
    ['never', { FORCE_COLOR: '1' }, true, false],
    ['auto', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    ['auto', { NO_COLOR: '', FORCE_COLOR: '1' }, false, true],
    ['auto', { CLICOLOR_FORCE: '0' }, false, false],
    ['auto', { CLICOLOR_FORCE: '1' }, false, true],
    [undefined, {}, true, true],
    [undefined, { TERM: 'dumb' }, true, false],
    [undefined, {}, false, false],
  ] as const)('--color %s, %j, terminal %s: %s', (when, env, isTerminal, expected) => {
    expect(wantsColor({ when, env, isTerminal: () => isTerminal })).toBe(expected)
  })
})

describe('the compile cache', () => {
  test.each([
    [{ HOME: '/home/u' }, 1000, '/home/u/.cache/cfsctl'],
    [{ HOME: '/home/u', XDG_CACHE_HOME: '/c' }, 1000, '/c/cfsctl'],
    [{ HOME: '/home/u' }, 0, '/var/cache/cfsctl'],
    [{ NODE_COMPILE_CACHE: '/d' }, 0, '/d'],
    [{}, 1000, undefined],
  ])('of %j, uid %i: %s', (env, uid, expected) => {
    expect(compileCacheDirectory(env, uid)).toBe(expected)
  })
})

async function printed(
  result: Result,
  format: { json: boolean; format: 'text' | 'plain' | undefined },
  isTerminal = false,
): Promise<string> {
  let text = ''
  await printResult(result, format, {
    isTerminal: () => isTerminal,
    write: async data => {
      text += typeof data === 'string' ? data : Buffer.from(data).toString()
    },
  })
  return text
}
