import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { afterAll, describe, expect, test } from 'vitest'
import { type Outcome, runOurs, textOf } from './programs.ts'
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

  test('wants to know where to', () => {
    const outcome = report(tag)
    expect(outcome.status).toBe(2)
    expect(outcome.stderr).toContain('a report needs --html FILE, or --json')
  })
})
