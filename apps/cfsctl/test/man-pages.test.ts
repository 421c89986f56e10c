import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { cfsctl } from '../src/command-table.ts'
import { EDITION } from '../src/reference/edition.ts'
import type { Page } from '../src/reference/page.ts'
import { pageText } from '../src/reference/page-text.ts'
import { allPages, findPage } from '../src/reference/pages.ts'
import { roff } from '../src/reference/roff.ts'
import { has, openTerminal } from './completion/pseudo-terminal.ts'
import { ourProgram, runOurs } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'

const pages = await allPages(cfsctl)

describe('the manual', () => {
  const work = temporaryDirectory()
  const fileOf = ({ name, section }: Page) => join(work, `${name}.${section}`)

  beforeAll(() => {
    for (const page of pages) writeFileSync(fileOf(page), roff(page, EDITION))
  })

  test('has a page for everything', () => {
    const names = pages.map(({ name, section }) => `${name}(${section})`)
    expect(names).toEqual([...new Set(names)])
    for (const { words } of cfsctl.commands) expect(names).toContain(`cfsctl-${words.join('-')}(1)`)
    for (const name of [
      'cfsctl(1)',
      'mkcomposefs(1)',
      'composefs-info(1)',
      'mount.composefs(8)',
      'composefs-dump(5)',
    ]) {
      expect(names).toContain(name)
    }
  })

  test('says of every command what the table says', () => {
    for (const { words, options, positionals, output = {}, examples = [] } of cfsctl.commands) {
      const page = pages.find(({ name }) => name === `cfsctl-${words.join('-')}`)
      const text = page === undefined ? '' : pageText(page)
      for (const { name, hidden } of options) {
        expect(text.includes(`--${name}`), `${words.join(' ')} --${name}`).toBe(hidden !== true)
      }
      for (const { name } of positionals) expect(text).toContain(name.toUpperCase())
      for (const path of Object.keys(output)) expect(text).toContain(`       ${path}\n`)
      for (const example of examples) expect(text).toContain(example)
    }
  })

  test.skipIf(!has('mandoc'))('gives mandoc nothing to warn of (needs mandoc)', () => {
    const files = readdirSync(work).map(name => join(work, name))
    const args = ['-T', 'lint', '-W', 'warning', ...files]
    const { stdout, status } = spawnSync('mandoc', args, { encoding: 'utf8' })
    expect([stdout, status]).toEqual(['', 0])
    // It would, if there were anything.
    const bad = join(work, 'bad')
    writeFileSync(bad, '.TH BAD 1\n.SH NAME\n.nosuch\n')
    expect(spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', bad]).status).not.toBe(0)
  })

  test.skipIf(!has('man'))('gives groff nothing to warn of (needs man)', () => {
    for (const page of pages) {
      for (const locale of ['C.UTF-8', 'C']) {
        const { stdout, stderr, status } = man(['-l', '--warnings', fileOf(page)], locale)
        expect([page.name, stderr, status]).toEqual([page.name, '', 0])
        expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`${page.name} - `)
      }
    }
  })

  test.skipIf(!has('man'))('shows what is typed as it is typed (needs man)', () => {
    const page = pages.find(({ name }) => name === 'composefs-dump')
    if (page === undefined) throw new Error('there is no page of the format')
    const { stdout } = man(['-l', fileOf(page)], 'C.UTF-8')
    for (const line of [
      '/a\\x20file 5 100644 2 1000 1000 0 1700000000.25 - hello -',
      '/bin/sh 0 @120000 - - - - 0.0 /bin/dash - -',
    ]) {
      expect(stdout).toContain(line)
    }
    expect(stdout).toContain('mkcomposefs --from-file')
  })

  test('fits 80 columns as text, but for lines that are typed', () => {
    for (const page of pages) {
      const typed = page.sections.flatMap(({ blocks }) =>
        blocks.flatMap(block => (block.kind === 'code' ? block.lines : [])),
      )
      const long = pageText(page)
        .split('\n')
        .filter(line => line.length > 80 && !typed.includes(line.trim()))
      expect([page.name, long]).toEqual([page.name, []])
    }
  })

  test.each([
    [[], 'cfsctl'],
    [['oci', 'pull'], 'cfsctl-oci-pull'],
    [['oci-pull'], 'cfsctl-oci-pull'],
    [['cfsctl-oci-pull'], 'cfsctl-oci-pull'],
    [['cfsctl-oci-pull(1)'], 'cfsctl-oci-pull'],
    [['list-images'], 'cfsctl-images'],
    [['mkcomposefs'], 'mkcomposefs'],
    [['mount.composefs'], 'mount.composefs'],
    [['mount.composefs.8'], 'mount.composefs'],
    [['composefs-dump'], 'composefs-dump'],
    [['oci'], undefined],
    [['nonsense'], undefined],
  ])('man %j is %s', async (words, name) => {
    expect((await findPage(cfsctl, words))?.name).toBe(name)
  })

  test('is written by the build', () => {
    const directory = join(work, 'packed')
    mkdirSync(directory)
    const script = new URL('../build/man-pages.ts', import.meta.url).pathname
    const [conditions = '', quiet = ''] = ['--conditions=composefs-source', '--no-warnings']
    const args = [conditions, quiet, script, directory]
    expect(spawnSync(process.execPath, args, { encoding: 'utf8' }).stderr).toBe('')
    expect(readdirSync(directory).sort()).toEqual(
      pages.map(({ name, section }) => `${name}.${section}`).sort(),
    )
    const [page] = pages
    if (page !== undefined) {
      expect(readFileSync(join(directory, 'cfsctl.1'), 'utf8')).toBe(roff(page, EDITION))
    }
  })
})

describe('cfsctl man', () => {
  test('prints text where there is no terminal, or the source', async () => {
    const page = await findPage(cfsctl, ['gc'])
    if (page === undefined) throw new Error('gc has no page')
    const text = runOurs(['man', 'gc'])
    expect([text.status, text.stderr, text.stdout.toString()]).toEqual([0, '', pageText(page)])
    expect(runOurs(['man', '--roff', 'gc']).stdout.toString()).toBe(roff(page, EDITION))
  })

  test('tells what may have been meant', () => {
    const { status, stderr, stdout } = runOurs(['man', 'oci', 'pul'])
    expect([status, stdout.length]).toEqual([2, 0])
    expect(stderr).toContain("there is no manual page for 'oci pul'")
    expect(stderr).toContain("did you mean 'cfsctl-oci-pull'?")
  })

  test.skipIf(!has('man'))('has man show it on a terminal (needs man)', async () => {
    const command = [process.execPath, ...ourProgram, 'man', 'gc'].map(word => `'${word}'`)
    const terminal = openTerminal(command.join(' '), { PAGER: 'cat', TERM: 'xterm' })
    try {
      // Bold is what text does not have.
      await terminal.shows(/CFSCTL-GC\(1\).*User Commands/)
      await terminal.shows(/(\u001b\[1m|.\u0008)/)
    } finally {
      await terminal.close()
    }
  })

  test('prints text on a terminal without man', async () => {
    const command = [process.execPath, ...ourProgram, 'man', 'gc'].map(word => `'${word}'`)
    const terminal = openTerminal(`PATH=/nonexistent exec ${command.join(' ')}`, {})
    try {
      await terminal.shows(/CFSCTL-GC\(1\)\r\n\r\nNAME\r\n/)
      await terminal.shows(/SEE ALSO/)
    } finally {
      await terminal.close()
    }
  })
})

function man(args: readonly string[], locale: string) {
  return spawnSync('man', args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: locale, MANWIDTH: '100', MANROFFOPT: '', MANPAGER: 'cat' },
  })
}
