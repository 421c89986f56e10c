import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { afterAll, describe, expect, test } from 'vitest'
import { type Outcome, ourProgram, runOurs, textOf } from './programs.ts'
import { unpack } from './unpack.ts'

const work = mkdtempSync(join(tmpdir(), 'cfsctl-report-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))
unpack(join(vectorsDirectory, 'repo', 'repos', 'sha256-v1.tar'), work)
const repository = join(work, 'sha256-v1')
const page = join(work, 'report.html')

const report = (...args: string[]): Outcome => runOurs(['--repo', repository, 'report', ...args])
const document = (...args: string[]) =>
  JSON.parse(textOf(runOurs(['--json', '--repo', repository, 'report', ...args])))
const tag: string = JSON.parse(textOf(runOurs(['--json', '--repo', repository, 'oci', 'images'])))
  .images[0].name

describe('report', () => {
  test('writes a page, quietly', () => {
    const outcome = report(tag, '--html', page)
    expect(outcome.stderr).toBe('')
    expect(textOf(outcome).split('\n').slice(0, 2)).toEqual([`html: ${page}`, 'images: 1'])
    const html = readFileSync(page, 'utf8')
    expect(html).toMatch(/^<!doctype html>/)
    expect(html).toContain("default-src 'none'")
    rmSync(page)
  })

  test('replaces a file only with --force, and says so before any work', () => {
    writeFileSync(page, 'mine')
    const refused = report('no-such-image', '--html', page)
    expect(refused.status).toBe(1)
    expect(refused.stderr).toBe(`error: ${page} exists\nhint: --force replaces it\n`)
    expect(readFileSync(page, 'utf8')).toBe('mine')
    expect(report(tag, '--html', page, '--force').status).toBe(0)
    expect(readFileSync(page, 'utf8')).toContain('<!doctype html>')
    rmSync(page)
  })

  test('makes no file that is called -', () => {
    const outcome = report(tag, '--html', '-')
    expect(outcome.status).toBe(2)
    expect(outcome.stderr).toContain('the page goes to a file, not to standard output')
  })

  test('names the page where none can be made, not a temporary file', () => {
    expect(report(tag, '--html', '/proc/page.html').stderr).toMatch(/^error: \/proc\/page\.html: /)
  })

  test('leaves no file when there is no such image', () => {
    const outcome = report('no-such-image', '--html', page)
    expect(outcome.status).toBe(3)
    expect(() => readFileSync(page)).toThrow('ENOENT')
  })

  test('prints data: of an image, the chosen repository, and one by its path', () => {
    const image = document(tag)
    expect(image).toMatchObject({
      schema: 'cfsctl.report/1',
      html: null,
      subject: { kind: 'image', name: tag },
      stored: null,
      problems: [],
    })
    expect(Object.keys(image).slice(0, 3)).toEqual(['schema', 'html', 'subject'])
    expect(document('--html', page)).toMatchObject({
      html: page,
      subject: { kind: 'repository', name: repository },
      stored: { shown: expect.any(Object) },
    })
    expect(document(repository).images).toEqual(document().images)
    rmSync(page)
  })

  test('reports the same image by the id of its EROFS image', () => {
    const byTag = document(tag)
    const byId = document(`sha256:${byTag.images[0].image_id}`)
    expect(byId.images[0]).toMatchObject({ kind: 'erofs', bytes: byTag.images[0].bytes })
  })

  test('wants to know where to, and says how it is written', () => {
    const outcome = report(tag)
    expect(outcome.status).toBe(2)
    expect(outcome.stderr).toBe(
      `error: a report needs --html FILE, or --json\nhint: cfsctl report ${tag} --html report.html writes the page\n`,
    )
  })
})

describe('report of what is in no repository', () => {
  const alone = (...args: string[]): Outcome => runOurs(['--json', '--no-repo', 'report', ...args])
  const documentAlone = (...args: string[]) => JSON.parse(textOf(alone(...args)))
  const { image_id: id, bytes } = document(tag).images[0]
  const image = join(work, 'app.erofs')
  const dump = join(work, 'app.dump')
  copyFileSync(join(repository, 'images', id), image)
  writeFileSync(dump, runOurs(['--repo', repository, 'oci', 'dump', tag]).stdout)

  test.each([
    ['an image file', image, image],
    ['one that is said to be one', `file:${image}`, image],
  ])('%s: the same as the image that is stored', (_, word, name) => {
    const made = documentAlone(word)
    expect(made.subject).toEqual({ kind: 'image', name, repository: null, algorithm: 'sha256' })
    expect(made.images[0]).toMatchObject({ kind: 'erofs', image_id: id, bytes, names: [name] })
    const stored = document(`image:${id}`)
    expect(made.largest).toEqual(stored.largest)
    expect(made.views).toEqual(stored.views)
  })

  test.each([
    ['a dump file', dump],
    ['one that is said to be one', `dump:${dump}`],
  ])('%s: the same, but no image', (_, word) => {
    expect(documentAlone(word).images[0]).toMatchObject({ kind: 'tree', image_id: null, bytes })
  })

  test('a directory, which has to be said to be one', () => {
    const directory = join(work, 'rootfs')
    mkdirSync(join(directory, 'usr'), { recursive: true })
    writeFileSync(join(directory, 'usr', 'a'), 'x'.repeat(100))
    const [made] = documentAlone(`dir:${directory}`).images
    expect(made).toMatchObject({ kind: 'tree', files: 1, bytes: 100 })
    const refused = runOurs(['report', directory, '--html', page])
    expect(refused.status).toBe(3)
    expect(refused.stderr).toBe(
      `error: ${directory} is no repository: there is no meta.json in it\nhint: cfsctl report dir:${directory} reports the files of a directory\n`,
    )
  })

  test('writes a page of it that names no repository', () => {
    expect(runOurs(['report', image, '--html', page]).status).toBe(0)
    expect(readFileSync(page, 'utf8')).not.toContain('"repository":')
    rmSync(page)
  })

  test.each([
    ['a file that is neither', join(repository, 'meta.json'), 1, /is neither a composefs image/],
    ['nothing', join(work, 'nothing.erofs'), 3, /nothing\.erofs does not exist/],
    ['nothing that is said to be a file', `file:${join(work, 'nothing')}`, 1, /no such file/],
  ])('%s: a clear error', (_, word, status, message) => {
    const outcome = alone(word)
    expect(outcome.status).toBe(status)
    expect(outcome.stderr).toMatch(message)
  })
})

describe('a word that something on the disk has for its name, too', () => {
  const inWork = (word: string): Pick<Outcome, 'status'> & { stdout: string; stderr: string } => {
    const args = [...ourProgram, '--json', '--repo', repository, 'report', word]
    return spawnSync(process.execPath, args, { cwd: work, encoding: 'utf8', maxBuffer: 2 ** 26 })
  }

  test('a file without a tree takes no tag away', () => {
    writeFileSync(join(work, tag), 'notes')
    expect(JSON.parse(inWork(tag).stdout).subject.repository).toBe(repository)
    rmSync(join(work, tag))
  })

  test('an image and a tag: an error that says how each is written', () => {
    copyFileSync(join(repository, 'images', document(tag).images[0].image_id), join(work, tag))
    const outcome = inWork(tag)
    expect(outcome.status).toBe(2)
    expect(JSON.parse(outcome.stderr).error.hint).toContain(`file:${tag}, tag:${tag}`)
    expect(JSON.parse(inWork(`tag:${tag}`).stdout).subject.repository).toBe(repository)
    rmSync(join(work, tag))
  })

  test('a directory is told of', () => {
    expect(JSON.parse(inWork('sha256-v1').stderr).error).toMatchObject({
      message: 'sha256-v1 is no tag and no image',
      hint: 'cfsctl report ./sha256-v1 reports the repository of that name',
    })
  })
})
