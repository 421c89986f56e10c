import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { ourProgram, runOurs, textOf } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'

const ESCAPE = '\u001b['

/** Neither what this machine is set to. */
const PLAIN = {
  NO_COLOR: '',
  CLICOLOR_FORCE: '',
  FORCE_COLOR: '',
  RUST_LOG: '',
  CFSCTL_LOG: '',
  TERM: 'xterm',
}

/** Runs our program with a terminal of so many columns for its output, and returns what came to the screen. */
function onTerminal(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  columns = 80,
): string {
  const quoted = [process.execPath, ...ourProgram, ...args].map(word => `'${word}'`).join(' ')
  const { stdout } = spawnSync('script', ['-qec', `stty cols ${columns}; ${quoted}`, '/dev/null'], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', ...PLAIN, ...environment },
  })
  return stdout
}

const hasScript = spawnSync('script', ['--version']).status === 0

describe('messages', { timeout: 300_000 }, () => {
  const work = temporaryDirectory()
  const repository = join(work, 'r')
  beforeAll(() => void textOf(runOurs(['init', '--insecure', repository])))

  test.each([
    [[], {}, false],
    [['--color=always'], {}, true],
    [['--color=always'], { NO_COLOR: '1' }, true],
    [['--color=never'], { CLICOLOR_FORCE: '1', FORCE_COLOR: '1' }, false],
    [[], { CLICOLOR_FORCE: '1' }, true],
    [[], { FORCE_COLOR: '1' }, true],
    [[], { CLICOLOR_FORCE: '0', FORCE_COLOR: '0' }, false],
    [[], { CLICOLOR_FORCE: '1', NO_COLOR: '1' }, false],
    [['--json'], { CLICOLOR_FORCE: '1' }, false],
  ] as const)('%j with %j in a pipe: coloured %s', (options, environment, isColored) => {
    const args = [...options, '--repo', repository, 'cat', 'nope']
    const { status, stderr } = runOurs(args, undefined, { ...PLAIN, ...environment })
    expect(status).toBe(3)
    expect(stderr.includes(ESCAPE)).toBe(isColored)
    // Colour says nothing that the words do not.
    if (isColored) expect(stderr.replaceAll(/\u001b\[[\d;]*m/g, '')).toMatch(/^error: /)
  })

  test.skipIf(!hasScript).each([
    [{}, true],
    [{ TERM: 'dumb' }, false],
    [{ NO_COLOR: '1' }, false],
  ])(
    `on a terminal with %j: coloured %s${hasScript ? '' : ' (needs script)'}`,
    (env, isColored) => {
      const screen = onTerminal(['--repo', repository, 'cat', 'nope'], env)
      expect(screen).toContain('no stream nope')
      expect(screen.includes('\u001b[1;31merror:')).toBe(isColored)
    },
  )

  test.skipIf(!hasScript)('results have no colours on a terminal, and tables no other form', () => {
    const args = ['--repo', repository, 'oci', 'images']
    expect(onTerminal(args, { CLICOLOR_FORCE: '1' })).toBe('No images found\r\n')
    const info = onTerminal(['--repo', repository, 'info', '--json'], { CLICOLOR_FORCE: '1' })
    expect(info).not.toContain(ESCAPE)
    expect(JSON.parse(info)).toMatchObject({ schema: 'cfsctl.info/1' })
  })

  test.skipIf(!hasScript).each([20, 40, 80])(
    'help fits a terminal of %i columns or 80',
    columns => {
      const lines = onTerminal(['oci', 'pull', '--help'], {}, columns).split('\r\n')
      expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(80)
    },
  )

  test.each([
    [[], {}, []],
    [['-v'], {}, ['info']],
    [['-vv'], {}, ['debug', 'info']],
    [['-v', '-v'], {}, ['debug', 'info']],
    [['--log=info'], {}, ['info']],
    [['--log', 'error'], {}, []],
    [['--log', 'trace'], {}, ['debug', 'info']],
    [[], { CFSCTL_LOG: 'info' }, ['info']],
    [[], { RUST_LOG: 'debug' }, ['debug', 'info']],
    [[], { RUST_LOG: 'composefs=debug' }, []],
    [[], { CFSCTL_LOG: 'error', RUST_LOG: 'debug' }, []],
    [['-v'], { RUST_LOG: 'trace' }, ['info']],
    [['--log=error', '-vv'], {}, []],
    [['-q'], {}, []],
  ] as const)('%j with %j: log lines %j', (options, environment, levels) => {
    const args = [...options, '--repo', repository, 'images']
    const { status, stdout, stderr } = runOurs(args, undefined, { ...PLAIN, ...environment })
    expect([status, stdout.toString()]).toEqual([0, 'No images found\n'])
    const lines = stderr.split('\n').filter(line => line !== '')
    expect([...new Set(lines.map(line => line.split(':', 1)[0]))].sort()).toEqual(levels)
    if (levels.length > 0) expect(stderr).toMatch(/info: repository .*\(--repo\): sha512/)
  })

  test('as JSON, log lines are objects', () => {
    const { stderr } = runOurs(['--json', '-vv', '--repo', repository, 'images'])
    for (const line of stderr.trimEnd().split('\n')) {
      expect(Object.keys(JSON.parse(line))).toEqual([expect.stringMatching(/^(debug|info)$/)])
    }
  })

  test('-vv tells where an error comes from, -v does not', () => {
    const args = ['--repo', repository, 'cat', 'nope']
    expect(runOurs(['-vv', ...args]).stderr).toMatch(/^ {4}at /m)
    for (const options of [[], ['-v'], ['-q']]) {
      expect(runOurs([...options, ...args]).stderr).not.toMatch(/^ {4}at /m)
    }
  })

  test('--quiet keeps errors and hints', () => {
    const { stderr } = runOurs(['-q', '--repo', '/nowhere', 'images'], undefined, PLAIN)
    expect(stderr).toMatch(/^error: .*\nhint: .*\n$/)
  })
})
