import { describe, expect, test } from 'vitest'
import { parseArguments } from '../src/arguments/parse.ts'
import type { ArgumentValues } from '../src/arguments/program.ts'
import { cfsctl } from '../src/command-table.ts'
import { composefsInfoProgram } from '../src/composefs-info-program.ts'
import { CliError } from '../src/errors/cli-error.ts'
import { mkcomposefsProgram } from '../src/mkcomposefs-program.ts'

function parse(line: string, env: Record<string, string> = {}) {
  return parseArguments(cfsctl, words(line), env)
}

function words(line: string): string[] {
  return line === '' ? [] : line.split(' ')
}

/** What was given of a run: command and arguments, without those that are absent. */
function given(line: string, env: Record<string, string> = {}): Record<string, unknown> {
  const invocation = parse(line, env)
  if (invocation.kind !== 'run') throw new Error(`${line}: ${invocation.kind}`)
  return {
    command: invocation.command.words.join(' '),
    ...present(invocation.globals),
    ...present(invocation.args),
  }
}

function present(values: ArgumentValues): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(
      ([, value]) =>
        value !== undefined &&
        value !== false &&
        value !== 0 &&
        !(Array.isArray(value) && value.length === 0),
    ),
  )
}

describe('a command line of cfsctl', () => {
  test.each([
    ['--repo R images', { command: 'images', repo: 'R' }],
    ['images --repo=R --json', { command: 'images', repo: 'R', json: true }],
    ['list-images --no-trunc', { command: 'images', 'no-trunc': true }],
    ['oci --json images', { command: 'oci images', json: true }],
    ['-q oci -vv tag D N', { command: 'oci tag', quiet: true, verbose: 2, digest: 'D', name: 'N' }],
    ['-qvv cat N', { command: 'cat', quiet: true, verbose: 2, name: 'N' }],
    ['cat -- --repo', { command: 'cat', name: '--repo' }],
    ['cat -', { command: 'cat', name: '-' }],
    ['dump-files I /a /b', { command: 'dump-files', name: 'I', paths: ['/a', '/b'] }],
    [
      '--insecure --erofs-version 1 images',
      { command: 'images', insecure: true, 'erofs-version': 1 },
    ],
    [
      '--erofs-version 1 init --erofs-version 2 --insecure',
      { command: 'init', 'erofs-version': 2, insecure: true },
    ],
    [
      'init --algorithm fsverity-sha256-12 P',
      { command: 'init', algorithm: 'fsverity-sha256-12', path: 'P' },
    ],
    [
      'mount N M --upperdir U --workdir W',
      { command: 'mount', name: 'N', mountpoint: 'M', upperdir: 'U', workdir: 'W' },
    ],
    ['mount --fuse no N M', { command: 'mount', fuse: 'no', name: 'N', mountpoint: 'M' }],
    ['--repo=-x images', { command: 'images', repo: '-x' }],
  ])('%s', (line, expected) => {
    expect(given(line)).toEqual(expected)
  })

  test.each([
    ['bogus', "unrecognized command 'bogus'"],
    ['oci bogus', "unrecognized command 'oci bogus'"],
    ['images extra', "unexpected argument 'extra' found"],
    ['cat', 'missing argument: NAME'],
    ['oci tag D', 'missing argument: NAME'],
    ['images --bogus', "unexpected option '--bogus' found"],
    ['images -z', "unexpected option '-z' found"],
    ['--no-trunc images', "unexpected option '--no-trunc' found"],
    ['images --repo', "option '--repo PATH' needs a value"],
    ['--repo --json images', "option '--repo PATH' needs a value"],
    ['--repo a --repo b images', "option '--repo' may be given only once"],
    ['--repo= images', "invalid value '' for '--repo': a path is not empty"],
    ['--json=yes images', "option '--json' takes no value"],
    ['--hash md5 images', "invalid value 'md5' for '--hash': possible values: sha256, sha512"],
    [
      '--erofs-version 3 images',
      "invalid value '3' for '--erofs-version': a whole number from 0 to 2",
    ],
    [
      '--erofs-version 1e0 images',
      "invalid value '1e0' for '--erofs-version': a whole number from 0 to 2",
    ],
    [
      'init --algorithm sha256',
      "invalid value 'sha256' for '--algorithm': possible values: fsverity-sha256-12, fsverity-sha512-12",
    ],
    ['oci copy app', 'missing option: --from REPO'],
    ['--repo R --user images', "options '--repo' and '--user' exclude each other"],
    ['--user --system images', "options '--user' and '--system' exclude each other"],
    ['oci layer --dumpfile --json L', "options '--dumpfile' and '--json' exclude each other"],
    ['oci inspect --manifest --config I', "options '--manifest' and '--config' exclude each other"],
    ['mount --upperdir U N M', "option '--upperdir' needs '--workdir DIR'"],
    ['mount --read-write N M', "option '--read-write' needs '--upperdir DIR'"],
  ])('wrong: %s', (line, message) => {
    expect(() => parse(line)).toThrow(expect.objectContaining({ code: 'usage', message }))
  })

  test.each([
    ['creat-image x', "did you mean 'create-image'?"],
    ['imgaes', "did you mean 'images'?"],
    ['oci pul x', "did you mean 'pull'?"],
    ['pull x', "did you mean 'cfsctl oci pull'?"],
    ['inspect x', "did you mean 'cfsctl image inspect' or 'cfsctl oci inspect'?"],
    ['oci rm x', "did you mean 'cfsctl oci untag'?"],
    ['oci list', "did you mean 'cfsctl oci images'?"],
    ['help prune', "did you mean 'cfsctl gc'?"],
    ['images --no-trun', "did you mean '--no-trunc'?"],
    ['images --jsno', "did you mean '--json'?"],
  ])('suggests: %s', (line, hint) => {
    expect(hintsOf(() => parse(line)).join('\n')).toContain(
      hint.replace(/^did you mean /, '').replace(/\?$/, ''),
    )
  })

  test.each([
    ['oci pull --local-fetch zerocopy I', 'not in this release: --local-fetch zerocopy'],
    ['mount --fuse=yes N M', 'not in this release: --fuse yes'],
  ])('of a later release: %s', (line, message) => {
    expect(() => parse(line)).toThrow(
      expect.objectContaining({ code: 'feature-unsupported', exitStatus: 5, message }),
    )
  })

  test.each(['fetch a b', 'ostree pull a b', 'oci verify x', 'varlink'])(
    'command of a later release: %s',
    line => {
      expect(parse(line).kind).toBe('planned')
    },
  )

  test.each([
    ['--help', [], true],
    ['-h', [], false],
    ['help', [], true],
    ['oci --help', ['oci'], true],
    ['oci pull -h', ['oci', 'pull'], false],
    ['oci pull --bogus-before', undefined, undefined],
    ['help oci pull', ['oci', 'pull'], true],
    ['oci help pull', ['oci', 'pull'], true],
    ['help list-images', ['images'], true],
    ['gc --help', ['gc'], true],
  ])('help: %s', (line, expected, isLong) => {
    if (expected === undefined) expect(() => parse(line)).toThrow(CliError)
    else expect(parse(line)).toEqual({ kind: 'help', words: expected, isLong })
  })

  test.each(['', 'oci', '--json', 'image'])('incomplete: "%s"', line => {
    expect(parse(line).kind).toBe('incomplete')
  })

  test('the environment stands in for options', () => {
    const env = { CFSCTL_REPO: '/r', CFSCTL_LOCK_TIMEOUT: '3', CFSCTL_LOG: '' }
    expect(given('images', env)).toEqual({ command: 'images', repo: '/r', 'lock-timeout': 3 })
    expect(given('images --repo /s --lock-timeout 1', env)).toMatchObject({
      repo: '/s',
      'lock-timeout': 1,
    })
    expect(given('--user images', env)).toMatchObject({ user: true })
    expect(() => parse('images', { CFSCTL_LOCK_TIMEOUT: 'x' })).toThrow(
      /invalid value 'x' for CFSCTL_LOCK_TIMEOUT/,
    )
  })

  test('a tool takes everything behind its name', () => {
    expect(parse('--repo r mkcomposefs --from-file --json -')).toMatchObject({
      kind: 'tool',
      tool: { name: 'mkcomposefs' },
      args: ['--from-file', '--json', '-'],
    })
  })
})

describe('a command line of the C tools', () => {
  test('options on both sides of arguments, the last one wins, and may be cut short', () => {
    const line = words('--min-version=1 --use-e SRC --min-version=0 --digest-s D IMG')
    expect(parseArguments(mkcomposefsProgram, line, {})).toMatchObject({
      args: {
        source: 'SRC',
        image: 'IMG',
        'use-epoch': true,
        'min-version': 0,
        'digest-store': 'D',
      },
    })
  })

  test.each([['--use SRC'], ['--json SRC'], ['-C SRC'], ['A B C'], ['']])('wrong: %s', line => {
    const run = () => parseArguments(mkcomposefsProgram, words(line), {})
    expect(run).toThrow(CliError)
  })

  test.each(['--basedir=D --filter=a --filter b ls F', 'ls F --basedir D --filter a --filter=b'])(
    'composefs-info %s',
    line => {
      expect(parseArguments(composefsInfoProgram, words(line), {})).toMatchObject({
        args: { files: ['F'] },
        globals: { basedir: 'D', filter: ['a', 'b'] },
      })
    },
  )
})

function hintsOf(run: () => unknown): readonly string[] {
  try {
    run()
  } catch (error) {
    if (error instanceof CliError) return error.hints
    throw error
  }
  throw new Error('nothing was thrown')
}
