import { describe, expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { cfsctl } from '../src/command-table.ts'
import { composefsInfoProgram } from '../src/composefs-info-program.ts'
import { helpText } from '../src/help/help-text.ts'
import { mkcomposefsProgram } from '../src/mkcomposefs-program.ts'
import { mountComposefsProgram } from '../src/mount-composefs-program.ts'
import { VERSION } from '../src/version.ts'

describe('the command table', () => {
  const programs = [cfsctl, mkcomposefsProgram, composefsInfoProgram, mountComposefsProgram]
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

  test.each(commands)('$name: tells what completes its arguments', ({ program, command }) => {
    for (const { name, completes } of command.positionals) {
      expect(completes, name.toUpperCase()).toBeDefined()
    }
    for (const { name, value, completes } of [...program.globals, ...command.options]) {
      if (value?.kind !== 'text') continue
      expect([name, completes ?? 'nothing'], 'a text that is one').not.toEqual([name, 'file'])
    }
  })

  test.each(commands)('$name: has an example, and what it ends with', ({ program, command }) => {
    if (program !== cfsctl) return
    expect(command.examples?.length).toBeGreaterThan(0)
    for (const example of command.examples ?? []) {
      expect(example).toMatch(new RegExp(`cfsctl ([^|]*[ =])?${command.words.join(' ')}\\b`))
    }
    for (const meaning of Object.values(command.exits ?? {})) expect(meaning).not.toMatch(/\.$/)
    for (const [path, meaning] of Object.entries(command.output ?? {})) {
      expect(path).toMatch(/^(\[\]\.)?[a-z_]\w*(\[\])?(\.\w+(\[\])?)*$/i)
      expect(meaning).toMatch(/[^.]$/)
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
