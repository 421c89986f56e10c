import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { authFilePaths } from '../src/config/auth-file-paths.ts'
import { type CredentialStoreOptions, openCredentialStore } from '../src/config/credentials.ts'
import { rejection, temporaryDirectory } from './temporary-directory.ts'

const auth = (user: string) => ({ auth: Buffer.from(`${user}:secret`).toString('base64') })

/** `USER` or `token TOKEN`, of what an auth file of that content has for a repository. */
async function find(
  document: unknown,
  name: string,
  options: CredentialStoreOptions = {},
): Promise<string | undefined> {
  const text = typeof document === 'string' ? document : JSON.stringify(document)
  const authFile = join(temporaryDirectory({ 'auth.json': text }), 'auth.json')
  return ask({ env: {}, authFile, ...options }, name)
}

async function ask(options: CredentialStoreOptions, name: string): Promise<string | undefined> {
  const slash = name.indexOf('/')
  const store = await openCredentialStore(options)
  const found = await store.find(name.slice(0, slash), name.slice(slash + 1))
  if (found === undefined) return undefined
  return found.kind === 'basic' ? found.username : `token ${found.token}`
}

describe('an auth file', () => {
  const nested = {
    auths: {
      'quay.io': auth('host'),
      'quay.io/team': auth('team'),
      'quay.io/team/app': auth('app'),
      'quay.io:5000': auth('port'),
    },
  }

  test.each([
    [nested, 'quay.io/x', 'host'],
    [nested, 'quay.io/team/x', 'team'],
    [nested, 'quay.io/team/app', 'app'],
    [nested, 'quay.io/team/app/sub', 'app'],
    [nested, 'quay.io/teams', 'host'],
    [nested, 'quay.io:5000/team/app', 'port'],
    [nested, 'other.io/team/app', undefined],
    [{ auths: { 'quay.io/team': auth('team') } }, 'quay.io/x', undefined],
    [{ auths: { 'https://index.docker.io/v1/': auth('hub') } }, 'docker.io/library/x', 'hub'],
    [{ auths: { 'index.docker.io': auth('hub') } }, 'docker.io/library/x', 'hub'],
    [{ auths: { 'registry-1.docker.io': auth('hub') } }, 'docker.io/library/x', 'hub'],
    [{ auths: { 'https://index.docker.io/v1/': auth('hub') } }, 'quay.io/x', undefined],
    [{ auths: { 'https://quay.io/v2/': auth('url') } }, 'quay.io/x', 'url'],
    [{ auths: { 'http://quay.io': auth('url') } }, 'quay.io/x', 'url'],
    [{ auths: { 'Quay.io': auth('case') } }, 'quay.io/x', 'case'],
    [{ auths: { 'quay.io': {} } }, 'quay.io/x', undefined],
    [{ auths: { 'quay.io': { username: 'plain', password: 'p' } } }, 'quay.io/x', 'plain'],
    [{ auths: { 'quay.io': { ...auth('u'), identitytoken: 't' } } }, 'quay.io/x', 'token t'],
    [{ auths: { __proto__: auth('x') } }, 'quay.io/x', undefined],
    ['{"auths":{"__proto__":{"auth":"YTpi"}}}', 'constructor/x', undefined],
    [{}, 'quay.io/x', undefined],
    ['', 'quay.io/x', undefined],
    ['{"auths":null}', 'quay.io/x', undefined],
    [{ HttpHeaders: { a: 'b' }, auths: { 'quay.io': auth('u') } }, 'quay.io/x', 'u'],
  ])('%j for %s: %s', async (document, name, expected) => {
    expect(await find(document, name)).toBe(expected)
  })

  test('gives the password as it is', async () => {
    const entry = (text: string) => ({
      auths: { 'a.io': { auth: Buffer.from(text).toString('base64') } },
    })
    const passwords: [string, string, string][] = [
      ['u:a:b', 'u', 'a:b'],
      ['u:', 'u', ''],
      ['ü:ß', 'ü', 'ß'],
      ['u:p\0\0', 'u', 'p'],
    ]
    for (const [text, username, password] of passwords) {
      const file = temporaryDirectory({ auth: JSON.stringify(entry(text)) })
      const store = await openCredentialStore({ env: {}, authFile: join(file, 'auth') })
      expect(await store.find('a.io', 'x')).toEqual({ kind: 'basic', username, password })
    }
  })

  test.each([
    '{"auths":{"a.io":{"auth":"c2VjcmV0"}}}',
    '{"auths":{"a.io":{"auth":"secret!"}}}',
    '{"auths":{"a.io":{"auth":["secret"]}}}',
    '{"auths":{"a.io":"secret"}}',
    '{"auths":["secret"]}',
    '{"credHelpers":{"a.io":["secret"]}}',
    '{"credHelpers":"secret"}',
    '{"credsStore":["secret"]}',
    '["secret"]',
    '"secret"',
    'secret',
    '{"auths":{"a.io":{"auth":"secret"',
  ])('%s is refused and not shown', async text => {
    const error = await rejection(find(text, 'a.io/x'))
    expect(error).toMatchObject({ code: 'ERR_REGISTRY_BAD_CONFIG' })
    const { message, cause } = error as Error
    expect(message).toMatch(/auth\.json: /)
    expect(`${message} ${cause}`).not.toMatch(/secret|c2VjcmV0/)
  })

  test('that was named has to be there', async () => {
    const authFile = join(temporaryDirectory(), 'none')
    const expected = { code: 'ERR_REGISTRY_BAD_CONFIG', facts: { path: authFile } }
    expect(await rejection(openCredentialStore({ authFile, env: {} }))).toMatchObject(expected)
    const env = { REGISTRY_AUTH_FILE: authFile }
    expect(await rejection(openCredentialStore({ env }))).toMatchObject(expected)
  })

  const isRoot = process.getuid?.() === 0
  test.skipIf(isRoot)(
    `that may not be read${isRoot ? ': root may read everything' : ''}`,
    async () => {
      const directory = temporaryDirectory({ 'auth.json': '{}' })
      chmodSync(join(directory, 'auth.json'), 0)
      const authFile = join(directory, 'auth.json')
      const error = await rejection(ask({ authFile, env: {} }, 'a.io/x'))
      expect(error).toMatchObject({ code: 'ERR_REGISTRY_BAD_CONFIG' })
    },
  )
})

describe('the places of auth files', () => {
  const uid = process.getuid?.()

  test.each([
    [{ REGISTRY_AUTH_FILE: '/f', HOME: '/h' }, ['/f']],
    [
      { HOME: '/h' },
      [
        `/run/containers/${uid}/auth.json`,
        '/h/.config/containers/auth.json',
        '/h/.docker/config.json',
        '/h/.dockercfg',
      ],
    ],
    [
      { HOME: '/h', XDG_RUNTIME_DIR: '/r', XDG_CONFIG_HOME: '/c', DOCKER_CONFIG: '/d' },
      ['/r/containers/auth.json', '/c/containers/auth.json', '/d/config.json', '/h/.dockercfg'],
    ],
  ])('with %j', (env, expected) => {
    expect(authFilePaths(env).map(({ path }) => path)).toEqual(expected)
  })

  test('are asked in order', async () => {
    const file = (host: string, user: string) => JSON.stringify({ auths: { [host]: auth(user) } })
    const home = temporaryDirectory({
      'run/containers/auth.json': file('a.io', 'session'),
      '.config/containers/auth.json': JSON.stringify({
        auths: { 'a.io': auth('config'), 'b.io': auth('config') },
      }),
      '.docker/config.json': file('c.io', 'docker'),
      '.dockercfg': JSON.stringify({
        'https://d.io/v1/': auth('old'),
        'c.io': auth('old'),
        auths: auth('none'),
      }),
    })
    const env = { HOME: home, XDG_RUNTIME_DIR: join(home, 'run') }
    const found = await Promise.all(
      ['a.io/x', 'b.io/x', 'c.io/x', 'd.io/x', 'e.io/x'].map(name => ask({ env }, name)),
    )
    expect(found).toEqual(['session', 'config', 'docker', 'old', undefined])
  })
})

test('credentials given by hand are for one host', async () => {
  const credentials = { host: 'a.io', username: 'me', password: 'p' }
  const document = { auths: { 'a.io': auth('file'), 'b.io': auth('file') } }
  expect(await find(document, 'a.io/x', { credentials })).toBe('me')
  expect(await find(document, 'b.io/x', { credentials })).toBe('file')
  expect(await find(document, 'c.io/x', { credentials })).toBeUndefined()
})
