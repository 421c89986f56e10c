import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { shellWord } from '../src/output/shell-word.ts'

describe('a word of a shell command', () => {
  test.each([
    ['plain:1.0', 'plain:1.0'],
    ['two words', "'two words'"],
    ["it's", "'it'\\''s'"],
    ['', "''"],
    ['a\nb', "$'a\\012b'"],
    ['\u001b[31m\u0085', "$'\\033[31m\\302\\205'"],
    ['exe.\u202etxt', "$'exe.\\342\\200\\256txt'"],
  ])('%j', (text, word) => {
    expect(shellWord(text)).toBe(word)
  })

  test.each([
    'a b',
    "it's",
    '-x',
    '$HOME `id` "',
    "a\n\u001b1\u0085f'\\n",
    '\u00e4\u0007\u{1f600}',
    'a\u2028b\u202ec',
  ])('%j is what bash makes of it', text => {
    const printed = execFileSync('bash', ['-c', `printf %s ${shellWord(text)}`])
    expect(printed.toString()).toBe(text)
  })
})
