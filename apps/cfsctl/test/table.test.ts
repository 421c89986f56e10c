import { describe, expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { cfsctl } from '../src/command-table.ts'
import { composefsInfoProgram } from '../src/composefs-info-program.ts'
import { globalOptions } from '../src/global-options.ts'
import { helpText } from '../src/help/help-text.ts'
import { mkcomposefsProgram } from '../src/mkcomposefs-program.ts'
import { VERSION } from '../src/version.ts'

/** What scripts written for cfsctl 0.9.4 may say; commands of later releases are answered, not unknown. */
const UPSTREAM: readonly (readonly [command: string, options: readonly string[]])[] = [
  ['init', ['algorithm', 'insecure', 'reset-metadata', 'ensure', 'erofs-version']],
  ['transaction', []],
  ['cat', []],
  ['gc', []],
  ['import-image', []],
  ['images', ['no-trunc']],
  ['mount', ['fuse', 'foreground', 'upperdir', 'workdir', 'read-write']],
  ['create-image', ['bootable', 'no-propagate-usr-to-root', 'xattrs']],
  ['compute-id', ['bootable', 'no-propagate-usr-to-root', 'xattrs']],
  ['compute-karg', ['no-propagate-usr-to-root']],
  ['create-dumpfile', ['bootable', 'no-propagate-usr-to-root', 'xattrs']],
  ['image-objects', []],
  ['dump-files', ['backing-path-only']],
  ['fsck', []],
  ['varlink', []],
  ['ostree', []],
  ['oci import-layer', []],
  ['oci dump', ['bootable', 'xattrs']],
  ['oci pull', ['bootable', 'expected-digest', 'local-fetch']],
  ['oci copy', ['from', 'name', 'zerocopy']],
  ['oci images', []],
  ['oci inspect', ['manifest', 'config']],
  ['oci tag', []],
  ['oci untag', []],
  ['oci layer', ['dumpfile']],
  ['oci mount', ['bootable', 'fuse', 'foreground', 'upperdir', 'workdir', 'read-write']],
  ['oci compute-id', ['bootable', 'xattrs']],
  ['oci prepare-boot', []],
  ['oci fsck', []],
  ['oci varlink', []],
  ['oci linked-erofs-images', []],
]

const UPSTREAM_GLOBALS = [
  'repo',
  'user',
  'system',
  'hash',
  'erofs-version',
  'require-verity',
  'no-upgrade',
  'no-repo',
  'insecure',
  'json',
]

describe('the command table', () => {
  test.each(UPSTREAM)('knows %s', (name, options) => {
    const command = cfsctl.commands.find(({ words }) => words.join(' ') === name)
    const planned = cfsctl.planned.find(({ words }) => words.join(' ') === name)
    expect(command ?? planned).toBeDefined()
    expect(command?.options.map(option => option.name) ?? []).toEqual(
      expect.arrayContaining(options as string[]),
    )
  })

  test('knows the global options', () => {
    expect(globalOptions.map(({ name }) => name)).toEqual(expect.arrayContaining(UPSTREAM_GLOBALS))
  })

  const programs = [cfsctl, mkcomposefsProgram, composefsInfoProgram]
  const commands = programs.flatMap(program =>
    program.commands.map(command => ({
      program,
      command,
      name: [program.name, ...command.words].join(' '),
    })),
  )

  test.each(commands)('$name: one name for one thing', ({ program, command }) => {
    const names = [...command.options, ...command.positionals].map(({ name }) => name)
    expect(names).toEqual([...new Set(names)])
    const shorts = [...program.globals, ...command.options].flatMap(({ short }) => short ?? [])
    expect(shorts).toEqual([...new Set(shorts)])
    const known = new Set([...program.globals, ...command.options].map(({ name }) => name))
    for (const { excludes = [], requires = [] } of command.options) {
      for (const other of [...excludes, ...requires]) expect(known).toContain(other)
    }
    const optional = command.positionals.map(positional => 'optional' in positional)
    expect(optional).toEqual([...optional].sort((a, b) => Number(a) - Number(b)))
  })

  test.each(commands)('$name: loads', async ({ command }) => {
    expect(await command.load()).toHaveProperty('run')
  })

  test.each(commands)('$name: help fits 80 columns', ({ program, command }) => {
    for (const isLong of [true, false]) {
      const text = helpText(program, { words: command.words, isLong })
      expect(longestLine(text)).toBeLessThanOrEqual(80)
      expect(text).toMatch(/^Usage: /m)
      expect(text).not.toMatch(/undefined|[ \t]$/m)
    }
  })

  test('the version is that of the package', () => {
    expect(VERSION).toBe(packageJson.version)
  })
})

describe('the help of cfsctl', () => {
  const long = helpText(cfsctl, { words: [], isLong: true })

  test('has its groups in order, and fits 80 columns', () => {
    expect(longestLine(long)).toBeLessThanOrEqual(80)
    expect(long.match(/^\S.*:$/gm)).toEqual([
      'Repository:',
      'Images:',
      'OCI images:',
      'Mounting:',
      'Tools:',
      'Help:',
      'Global options, anywhere before "--":',
      'Not available in this release (exit 5):',
    ])
  })

  test('lists every command once, and what is not available', () => {
    for (const { words } of cfsctl.commands) {
      expect(long.match(new RegExp(`^  ${words.join(' ')}( |$)`, 'gm'))).toHaveLength(1)
    }
    const planned = long.slice(long.indexOf('Not available')).replaceAll(/\s+/g, ' ')
    for (const { words } of cfsctl.planned) expect(planned).toContain(` ${words.join(' ')}`)
  })

  test('hides what is hidden', () => {
    expect(long).not.toContain('--insecure')
  })

  test('of a family shows its commands alone', () => {
    const text = helpText(cfsctl, { words: ['oci'], isLong: true })
    expect(text).toMatch(/^ {2}oci pull IMAGE \[NAME\] /m)
    expect(text).not.toMatch(/^ {2}init/m)
    expect(text).toMatch(/^Usage: cfsctl oci \[OPTIONS\] COMMAND$/m)
  })

  test('of a command of a later release says so', () => {
    expect(helpText(cfsctl, { words: ['varlink'], isLong: true })).toContain(
      "'cfsctl varlink' is not in this release",
    )
  })
})

function longestLine(text: string): number {
  return Math.max(...text.split('\n').map(line => line.length))
}
