import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { encodeImage } from '@composefs/erofs'
import { SHA256 } from '@composefs/fsverity'
import { parseDump } from '@composefs/tree'
import { beforeAll, describe, expect, test } from 'vitest'
import { runInProcess } from './damage/in-process.ts'
import { BASE, outputOf, storeImage } from './explained-pairs.ts'
import { runOurs } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'

const work = temporaryDirectory()
const repository = join(work, 'repository')
const file = (name: string) => join(work, name)
const inRepository = (...args: string[]) => ['--repo', repository, ...args]

const HEX = 'ab'.repeat(32)
const HEX_512 = 'cd'.repeat(64)
const external = (hex: string) =>
  `/f 100 100644 1 0 0 0 5.0 ${hex.slice(0, 2)}/${hex.slice(2)} - ${hex}`
const ROOT_LINE = '/ 0 40755 2 0 0 0 5.0 - - -'

beforeAll(async () => {
  await outputOf(['init', '--insecure', '--algorithm', 'fsverity-sha256-12', repository])
  await storeImage(work, repository, 'app', [BASE])
  writeFileSync(file('a.dump'), `${ROOT_LINE}\n${external(HEX)}\n`)
  writeFileSync(
    file('odd.dump'),
    `${ROOT_LINE}\n/n\\xff\\n 1 100644 1 0 0 0 5.0 - x -\n${external(HEX)}\n`,
  )
  writeFileSync(file('sha512.dump'), `${ROOT_LINE}\n${external(HEX_512)}\n`)
  writeFileSync(file('neither'), 'hello')
  writeFileSync(file('cut.dump'), `${ROOT_LINE}\n/f 100 100644\n`)
  writeFileSync(
    file('cut.erofs'),
    encodeImage(parseDump(Buffer.from(ROOT_LINE), SHA256), { version: 1 }).subarray(0, 1200),
  )
  mkdirSync(file('dir'))
})

describe('words that name something', () => {
  const kinds = async (word: string, from = inRepository()) =>
    JSON.parse(await outputOf([...from, '--json', 'diff', word, word])).a.kind

  test.each([
    ['a dump', () => file('a.dump'), 'dump'],
    ['a directory', () => file('dir'), 'directory'],
    ['a tag', () => 'app', 'oci'],
    ['a tag that is said to be one', () => 'tag:app', 'oci'],
    ['a dump that is said to be one', () => `dump:${file('a.dump')}`, 'dump'],
    ['a directory that is said to be one', () => `dir:${file('dir')}`, 'directory'],
  ])('%s', async (_, word, kind) => {
    expect(await kinds(word())).toBe(kind)
  })

  test('digests and ids, whole and with their algorithm; an image in a file', async () => {
    const inspected = JSON.parse(await outputOf(inRepository('--json', 'oci', 'inspect', 'app')))
    const { composefs_erofs: id, manifest_digest: manifest } = inspected
    expect(await kinds(manifest)).toBe('oci')
    expect(await kinds(manifest.replace('sha256:', '').slice(0, 12))).toBe('oci')
    expect(await kinds(id)).toBe('image')
    expect(await kinds(`sha256:${id}`)).toBe('image')
    expect(await kinds(`image:${id}`)).toBe('image')
    expect(await kinds(join(repository, 'images', id))).toBe('image-file')
    expect(await outputOf(inRepository('--format', 'plain', 'diff', 'app', `image:${id}`))).toBe('')
    const stored = JSON.parse(
      await outputOf(inRepository('--json', 'diff', id, `file:${join(repository, 'images', id)}`)),
    )
    expect([stored.a.id, stored.b.id]).toEqual([id, id])
  })

  test('no repository is needed for files and directories, and a missing default is none', async () => {
    const nowhere = ['--no-repo']
    expect(await kinds(file('a.dump'), nowhere)).toBe('dump')
    expect(await kinds(file('dir'), nowhere)).toBe('directory')
    expect(await runInProcess(['diff', 'nope', 'nope'])).toMatchObject({
      code: 'image-not-found',
      message: expect.stringMatching('nope is no tag, no image'),
    })
  })

  test('a missing repository that was named is an error', async () => {
    const ending = await runInProcess(['--repo', file('gone'), 'diff', 'nope', 'nope'])
    expect(ending.code).toBe('repository-not-found')
  })

  test.each([
    ['nothing', () => ['app', 'nope'], 'image-not-found', 'nope is no tag, no image'],
    [
      'an image that is not stored',
      () => ['app', 'docker://a/b'],
      'image-not-found',
      'only stored',
    ],
    [
      'a file that is neither',
      () => [file('neither'), 'app'],
      'image-invalid',
      'neither a composefs',
    ],
    [
      'a dump that ends early',
      () => ['app', file('cut.dump')],
      'tree-invalid',
      '/cut.dump: line 2: NLINK: a field is missing$',
    ],
    [
      'an image that ends early',
      () => ['app', `file:${file('cut.erofs')}`],
      'image-invalid',
      '/cut.erofs: ',
    ],
    ['a path that is not there', () => [file('gone'), 'app'], 'image-not-found', 'no file'],
    ['a tag that is none', () => ['tag:nope', 'app'], 'tag-not-found', 'nope'],
    ['an image that is none', () => ['image:nope', 'app'], 'image-not-found', 'nope'],
    [
      'a directory that is a file',
      () => [`dir:${file('neither')}`, 'app'],
      'io-error',
      'ENOTDIR|not a directory',
    ],
    [
      'two algorithms',
      () => [file('a.dump'), file('sha512.dump')],
      'usage',
      'sha256 digests and .* sha512 ones',
    ],
  ])('%s: a clear error', async (_, words, code, message) => {
    const ending = await runInProcess(inRepository('diff', ...words()))
    expect(ending).toMatchObject({ code, message: expect.stringMatching(message) })
  })

  test('two things of one name: an error that says how each is written', async () => {
    const { composefs_erofs: id } = JSON.parse(
      await outputOf(inRepository('--json', 'oci', 'inspect', 'app')),
    )
    await outputOf(inRepository('image', 'tag', id, 'app'))
    const ending = await runInProcess(inRepository('diff', 'app', 'app'))
    expect(ending).toMatchObject({ code: 'invalid-name', message: 'app names more than one thing' })
    expect(ending.error).toMatchObject({ facts: { choices: ['tag:app', 'image:app'] } })
    expect(await outputOf(inRepository('--format', 'plain', 'diff', 'tag:app', 'image:app'))).toBe(
      '',
    )
    await outputOf(inRepository('image', 'rm', 'app'))
  })
})

test('explain says that two algorithms are what differs', async () => {
  const text = await outputOf(['--no-repo', 'explain', file('a.dump'), file('sha512.dump')])
  expect(text).toContain('\nhash-algorithm: ')
  expect(text).toContain('sha256 -> sha512')
})

describe('what is printed', () => {
  const words = () => ['--no-repo', 'diff', file('a.dump'), file('odd.dump')]

  test('exit status: 1 with --exit-code where there are differences, else 0', () => {
    const status = (...args: string[]) => runOurs(['--no-repo', 'diff', ...args]).status
    expect(status('--exit-code', file('a.dump'), file('odd.dump'))).toBe(1)
    expect(status('--exit-code', file('a.dump'), file('a.dump'))).toBe(0)
    expect(status(file('a.dump'), file('odd.dump'))).toBe(0)
  })

  test('colours only decorate', async () => {
    const [plain, colored] = [
      await outputOf([...words(), '--color', 'never']),
      await outputOf([...words(), '--color', 'always']),
    ]
    expect(colored).not.toBe(plain)
    expect(stripVTControlCharacters(colored)).toBe(plain)
  })

  test('names that are no UTF-8 are escaped, in JSON with their bytes beside them', async () => {
    expect(await outputOf(words())).toContain('\n+ /n\\xff\\n  file, 1 B\n')
    const [change] = JSON.parse(await outputOf(['--json', ...words()])).changes
    expect(change).toMatchObject({
      path: '/n\\xff\\n',
      path_base64: Buffer.from('/n\xff\n', 'latin1').toString('base64'),
      change: 'added',
      a: null,
      b: { type: 'regular', content_base64: 'eA==', hard_link_to: null },
    })
  })

  test('--stat: numbers alone, for people, cut and programs', async () => {
    expect(await outputOf([...words(), '--stat'])).toMatch(/\nall +1 +0 +0\n/)
    expect(await outputOf([...words(), '--stat', '--format', 'plain'])).toBe('/n\\xff\\n\t1\t0\t0')
    const document = JSON.parse(await outputOf(['--json', ...words(), '--stat']))
    expect(document).toMatchObject({ same: false, counts: { added: 1 }, changes: [] })
  })

  test('what is to be fetched', async () => {
    const document = JSON.parse(
      await outputOf(['--no-repo', '--json', 'diff', `dir:${file('dir')}`, file('a.dump')]),
    )
    expect(document.fetch).toEqual({
      objects: 1,
      bytes: 100,
      objects_needed: 1,
      bytes_needed: 100,
    })
  })
})
