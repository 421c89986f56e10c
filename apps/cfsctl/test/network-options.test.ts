import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { OptionValues } from '../src/command.ts'
import type { registryOptions } from '../src/commands/network-options.ts'
import { registrySettings } from '../src/commands/network-settings.ts'
import type { Context } from '../src/context.ts'
import { CliError } from '../src/errors/cli-error.ts'
import { Console } from '../src/output/console.ts'
import { bytesOf, runOurs } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'

type RegistryArgs = OptionValues<typeof registryOptions>

const NOTHING: RegistryArgs = {
  authfile: undefined,
  creds: undefined,
  'tls-verify': undefined,
  'cert-dir': undefined,
  retry: undefined,
  'idle-timeout': undefined,
}

/** Settings by these options, and what was said on standard error meanwhile and by retries. */
async function settings(args: Partial<RegistryArgs>) {
  const lines: string[] = []
  const console = new Console({
    write: text => void lines.push(text.trimEnd()),
    isColored: () => false,
    isQuiet: false,
    level: 'warn',
    json: false,
  })
  const context = { console, env: { A: 'b' }, isErrorTerminal: () => false } as unknown as Context
  return { ...(await registrySettings({ ...NOTHING, ...args }, context)), lines }
}

describe('the options of registries', () => {
  test('are left to the library where they are not given', async () => {
    const { env, userAgent, onRetry, lines, ...given } = await settings({})
    expect(Object.values(given).filter(value => value !== undefined)).toEqual([])
    expect(env).toEqual({ A: 'b' })
    expect(userAgent).toMatch(/^cfsctl\/\d/)
    expect(lines).toEqual([])
  })

  test.each([
    [{ authfile: '/a' }, { authFile: '/a' }],
    [{ 'tls-verify': 'false' }, { tlsVerify: false }],
    [{ 'tls-verify': 'true' }, { tlsVerify: true }],
    [{ 'cert-dir': '/c' }, { certDir: '/c' }],
    [{ retry: 0 }, { retries: 0 }],
    [{ 'idle-timeout': 0 }, { idleTimeoutMs: 0 }],
    [{ 'idle-timeout': 90 }, { idleTimeoutMs: 90_000 }],
    [{ creds: 'me:a:b' }, { credentials: { username: 'me', password: 'a:b' } }],
    [{ creds: 'me:' }, { credentials: { username: 'me', password: '' } }],
  ] as const)('%j', async (args, expected) => {
    expect(await settings(args)).toMatchObject(expected)
  })

  test('tell that a password can be seen, and not which', async () => {
    const { lines } = await settings({ creds: 'me:secret' })
    expect(lines).toEqual([expect.stringContaining('--authfile')])
    expect(lines.join()).not.toContain('secret')
  })

  test.each([':secret', '', 'me'])('have no credentials %j', async creds => {
    const error = await settings({ creds }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CliError)
    expect(error).toMatchObject({ code: 'usage' })
    expect((error as Error).message).not.toContain('secret')
  })

  test.each([
    [{ delayMs: 100 }, 'blob x: the connection was cut; try 2 of 4'],
    [{ delayMs: 2600 }, 'blob x: the connection was cut; try 2 of 4, in 3 s'],
    [{ delayMs: 0, offset: 7 }, 'blob x: the connection was cut; try 2 of 4 from byte 7'],
  ])('tell of tries: %j', async (more, expected) => {
    const { onRetry, lines } = await settings({})
    onRetry?.({
      ...{ what: 'blob x', reason: 'the connection was cut', tryNumber: 1, tries: 4 },
      ...more,
    })
    expect(lines).toEqual([`notice: ${expected}`])
  })
})

describe('before a registry is asked', () => {
  const home = temporaryDirectory()
  const repository = join(home, 'repository')
  mkdirSync(join(home, '.config/containers'), { recursive: true })
  writeFileSync(
    join(home, '.config/containers/registries.conf'),
    'unqualified-search-registries = ["quay.io"]\n[[registry]]\nlocation = "bad.io"\nblocked = true\n',
  )
  writeFileSync(join(home, 'broken'), '{"auths":{"quay.io":{"auth":"secret')
  writeFileSync(join(home, 'first.conf'), '[registries.search]\nregistries = ["quay.io"]\n')
  beforeAll(() => void bytesOf(runOurs(['--repo', repository, 'init', '--insecure'])))
  const digest = `sha512:${'0'.repeat(128)}`

  test.each([
    [
      'app:1',
      {},
      2,
      'invalid-name',
      'docker://docker.io/library/app:1\n',
      'docker://quay.io/app:1',
    ],
    ['quay.io/App', {}, 2, 'invalid-name', '', 'lower case'],
    ['bad.io/app', {}, 5, 'not-permitted', 'registries.conf', 'blocks bad.io'],
    [`quay.io/app@${digest}`, {}, 5, 'feature-unsupported', '', 'only sha256'],
    [
      'quay.io/app',
      { REGISTRY_AUTH_FILE: join(home, 'none') },
      1,
      'configuration-invalid',
      '',
      'there is no such file',
    ],
    [
      'quay.io/app',
      { REGISTRY_AUTH_FILE: join(home, 'broken') },
      1,
      'configuration-invalid',
      '',
      'no JSON',
    ],
    [
      'quay.io/app',
      { CONTAINERS_REGISTRIES_CONF: join(home, 'first.conf') },
      1,
      'configuration-invalid',
      '',
      'unqualified-search-registries',
    ],
  ])('%s with %j', (name, environment, status, code, hint, message) => {
    const words = ['--repo', repository, '--json', 'oci', 'pull', `docker://${name}`]
    const ended = runOurs(words, undefined, { HOME: home, ...environment })
    const { error } = JSON.parse(ended.stderr)
    expect(error).toMatchObject({ code, exit: status })
    expect(ended.status).toBe(status)
    expect(`${error.message}\n${error.hint}`).toContain(message)
    expect(error.hint ?? '').toContain(hint)
    expect(ended.stderr).not.toContain('secret')
  })
})
