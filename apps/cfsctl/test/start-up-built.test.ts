import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildProgram, type Program } from './crash/program.ts'
import { temporaryDirectory } from './temporary.ts'
import { unpack } from './unpack.ts'

// What a command takes to start is what it loads: that can be told without a clock.

const probe = fileURLToPath(new URL('loaded-modules.cjs', import.meta.url))

/** Modules of Node that take milliseconds each, with all that they load. */
const HEAVY = [
  'child_process',
  'crypto',
  'dns',
  'fs/promises',
  'http',
  'http2',
  'https',
  'internal/crypto/webcrypto',
  'net',
  'perf_hooks',
  'readline',
  'stream',
  'tls',
  'tty',
  'worker_threads',
  'zlib',
]

describe('the built program', () => {
  const work = temporaryDirectory()
  const repository = join(work, 'repository')
  let program: Program

  beforeAll(async () => {
    program = await buildProgram(join(work, 'built'))
  })

  /** Files that a run loads, in their order, and the heavy modules of Node. */
  function loaded(args: readonly string[]): { files: string[]; heavy: string[] } {
    const list = join(work, 'loaded.json')
    const [command, ...rest] = [program[0], '--require', probe, program[1] ?? '', ...args]
    const { stderr } = spawnSync(command, rest, {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', LOADED_MODULES: list, NODE_COMPILE_CACHE: work },
    })
    expect(stderr).not.toContain('internal')
    const { files, builtIn } = JSON.parse(readFileSync(list, 'utf8'))
    return {
      files: files.map((file: string) => basename(file)),
      heavy: HEAVY.filter(name => builtIn.includes(`NativeModule ${name}`)),
    }
  }

  test.each([
    [['--help'], []],
    [['--version'], []],
    [['oci', 'pull', '--help'], []],
    [['oci', 'imagse'], []],
    [['oci', 'pull'], []],
  ])('%j loads two files and nothing heavy', (args, heavy) => {
    expect(loaded(args)).toEqual({ files: ['main.js', 'program.js'], heavy })
  })

  // Somebody is typing, or wants to read: nothing of repositories, codecs and networks is there.
  test.each([
    [['__complete', 'oci', 'pu'], 'completion.js'],
    [['__complete', '--color='], 'completion.js'],
    [['__complete', '--repo', join(work, 'nowhere'), 'oci', 'untag', ''], 'completion.js'],
    [['completion', 'bash'], 'completion.js'],
    [['man', 'oci', 'pull'], 'manual.js'],
    [['man', 'composefs-dump'], 'manual.js'],
  ])('%j loads one file more and nothing heavy', (args, bundle) => {
    expect(loaded(args)).toEqual({ files: ['main.js', 'program.js', bundle], heavy: [] })
  })

  describe('with a repository', () => {
    const image = `oci:${join(work, 'layouts/basic')}`
    const run = (...args: readonly string[]) => loaded(['-q', '--repo', repository, ...args])
    const filesWith = (bundle: string) => ['main.js', 'program.js', bundle, 'koffi.node']

    beforeAll(() => {
      unpack(join(vectorsDirectory, 'repo/layouts/basic.tar'), join(work, 'layouts'))
      expect(loaded(['init', '--insecure', repository]).files).toEqual(filesWith('light.js'))
      run('oci', 'pull', image, 'basic')
    })

    test.each([
      [['images'], 'light.js'],
      [['oci', 'images'], 'light.js'],
      [['oci', 'inspect', 'basic'], 'light.js'],
      [['fsck', '--metadata-only'], 'check.js'],
      [['gc'], 'check.js'],
    ])('%j loads one file more, koffi, and nothing heavy', (args, bundle) => {
      expect(run(...args)).toEqual({ files: filesWith(bundle), heavy: [] })
    })

    test('its tags are completed by their names alone', () => {
      const { files, heavy } = loaded(['__complete', '--repo', repository, 'oci', 'untag', ''])
      expect({ files, heavy }).toEqual({
        files: ['main.js', 'program.js', 'completion.js'],
        heavy: [],
      })
    })

    test('an image that is there is pulled without network and threads', () => {
      const { files, heavy } = run('oci', 'pull', image, 'basic')
      expect(files).toEqual(filesWith('pull.js'))
      for (const name of [
        'child_process',
        'http',
        'http2',
        'net',
        'perf_hooks',
        'tls',
        'worker_threads',
      ]) {
        expect(heavy).not.toContain(name)
      }
    })
  })
})
