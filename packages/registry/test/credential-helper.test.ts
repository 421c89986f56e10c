import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { askCredentialHelper } from '../src/config/credential-helper.ts'
import { openCredentialStore } from '../src/config/credentials.ts'
import { rejection, temporaryDirectory } from './temporary-directory.ts'

/** An environment with a helper `test` that is this shell script; it may write to $LOG. */
function withHelper(script: string, name = 'test') {
  const directory = temporaryDirectory({
    [`bin/docker-credential-${name}`]: `#!/bin/sh\n${script}\n`,
  })
  const log = join(directory, 'log')
  return {
    env: { PATH: `${join(directory, 'bin')}:/usr/bin:/bin`, LOG: log, HOME: directory },
    log: () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
  }
}

const ANSWER = `cat >/dev/null; echo '{"ServerURL":"x","Username":"ann","Secret":"pass"}'`
const call = { name: 'test', server: 'quay.io', path: undefined }

describe('a credential helper', () => {
  test('is asked for a host', async () => {
    const { env, log } = withHelper(`echo "$@" >$LOG; cat >>$LOG; ${ANSWER}`)
    expect(await askCredentialHelper({ ...call, env })).toEqual({
      kind: 'basic',
      username: 'ann',
      password: 'pass',
    })
    expect(log()).toBe('get\nquay.io\n')
  })

  test.each([
    [
      'a token',
      `echo '{"Username":"<token>","Secret":"t"}'`,
      { kind: 'identity-token', token: 't' },
    ],
    ['nothing', `echo 'credentials not found in native keychain'; exit 1`, undefined],
    ['emptiness', `echo '{"Username":"","Secret":""}'`, undefined],
  ])('that answers %s', async (_, script, expected) => {
    const { env } = withHelper(script)
    expect(await askCredentialHelper({ ...call, env })).toEqual(expected)
  })

  test.each([
    ['fails', 'echo secret; echo secret >&2; exit 1', /failed for quay.io \(1\)/],
    ['is killed', 'echo secret; kill -9 $$', /SIGKILL/],
    ['answers text', 'echo secret', /answered no credentials/],
    ['answers half', `echo '{"Secret":"secret"}'`, /answered no credentials/],
    ['answers null', 'echo null', /answered no credentials/],
    ['answers without end', 'yes secret', /more than 262144 bytes/],
    ['is silent', 'exec sleep 60', /no answer in 0.3 s/],
    ['leaves somebody behind', 'sleep 2 & exit 0', /no answer in 0.3 s/],
  ])('that %s', async (_, script, message) => {
    const { env } = withHelper(script)
    const error = await rejection(askCredentialHelper({ ...call, env, timeoutMs: 300 }))
    expect(error).toMatchObject({ code: 'ERR_REGISTRY_BAD_CONFIG', facts: { registry: 'quay.io' } })
    expect((error as Error).message).toMatch(message)
    expect(JSON.stringify([error, `${error}`, `${(error as Error).cause}`])).not.toMatch(/secret/)
  })

  test.each(['', '../x', 'a/b', '.x', '-x', 'a b', 'a\0b', 'x'.repeat(200)])(
    'is not %j',
    async name => {
      const { env } = withHelper(ANSWER)
      expect(await rejection(askCredentialHelper({ ...call, name, env }))).toMatchObject({
        code: 'ERR_REGISTRY_BAD_CONFIG',
      })
    },
  )

  test('that is not installed', async () => {
    const { env } = withHelper(ANSWER)
    const error = await rejection(
      askCredentialHelper({ ...call, name: 'other', path: '/etc/auth.json', env }),
    )
    expect((error as Error).message).toBe(
      '/etc/auth.json: docker-credential-other is not installed',
    )
  })

  test('that does not read what it is asked', async () => {
    const { env } = withHelper(`exec <&-; echo '{"Username":"ann","Secret":"p"}'`)
    expect(await askCredentialHelper({ ...call, env })).toMatchObject({ username: 'ann' })
  })

  test('is ended by a signal', async () => {
    const { env, log } = withHelper('echo $$ >$LOG; exec sleep 60')
    const abort = new AbortController()
    const asked = askCredentialHelper({ ...call, env, signal: abort.signal })
    asked.catch(() => {})
    while (log() === '') await sleep(10)
    const reason = new Error('stop')
    abort.abort(reason)
    expect(await rejection(asked)).toBe(reason)
    // Gone as soon as the kernel has seen to it.
    while (existsSync(`/proc/${log().trim()}/exe`)) await sleep(10)
    expect(await rejection(askCredentialHelper({ ...call, env, signal: abort.signal }))).toBe(
      reason,
    )
  })
})

describe('helpers of the configuration', () => {
  const auth = { auth: Buffer.from('file:secret').toString('base64') }
  const LOGGED = `cat >>$LOG; echo '{"Username":"helper","Secret":"pass"}'`

  async function find(document: unknown, name: string, credentialHelpers?: string[]) {
    const { env, log } = withHelper(LOGGED)
    const authFile = join(
      temporaryDirectory({ 'auth.json': JSON.stringify(document) }),
      'auth.json',
    )
    const store = await openCredentialStore({ env, authFile, credentialHelpers })
    const slash = name.indexOf('/')
    const ask = () => store.find(name.slice(0, slash), name.slice(slash + 1))
    const answers = await Promise.all([ask(), ask()])
    answers.push(await ask())
    const users = answers.map(found => (found?.kind === 'basic' ? found.username : undefined))
    expect(new Set(users).size).toBe(1)
    return [users[0], log()]
  }

  test.each([
    ['for the host', { credHelpers: { 'a.io': 'test' } }, 'a.io/x', ['helper', 'a.io\n']],
    ['for another host', { credHelpers: { 'b.io': 'test' } }, 'a.io/x', [undefined, '']],
    [
      'before an entry of the host',
      { credHelpers: { 'a.io': 'test' }, auths: { 'a.io': auth } },
      'a.io/x',
      ['helper', 'a.io\n'],
    ],
    [
      'after an entry with a path',
      { credHelpers: { 'a.io': 'test' }, auths: { 'a.io/x': auth } },
      'a.io/x/y',
      ['file', ''],
    ],
    ['for all', { credsStore: 'test', auths: { 'a.io': {} } }, 'a.io/x', ['helper', 'a.io\n']],
    [
      'for Docker Hub',
      { credsStore: 'test' },
      'docker.io/library/x',
      ['helper', 'https://index.docker.io/v1/\n'],
    ],
    [
      'for Docker Hub by its URL',
      { credHelpers: { 'https://index.docker.io/v1/': 'test' } },
      'docker.io/library/x',
      ['helper', 'https://index.docker.io/v1/\n'],
    ],
  ])('%s', async (_, document, name, expected) => {
    expect(await find(document, name)).toEqual(expected)
  })

  test('of registries.conf', async () => {
    const document = { auths: { 'a.io': auth } }
    expect(await find(document, 'a.io/x', ['test', 'containers-auth.json'])).toEqual([
      'helper',
      'a.io\n',
    ])
    expect(await find(document, 'a.io/x', ['containers-auth.json', 'test'])).toEqual(['file', ''])
    expect(await find(document, 'b.io/x', ['containers-auth.json', 'test'])).toEqual([
      'helper',
      'b.io\n',
    ])
    expect(await find(document, 'a.io/x', [])).toEqual([undefined, ''])
  })

  test('are asked again where somebody else gave up', async () => {
    const { env, log } = withHelper(`echo x >>$LOG; sleep 0.2; ${ANSWER}`)
    const authFile = join(temporaryDirectory({ 'auth.json': '{"credsStore":"test"}' }), 'auth.json')
    const store = await openCredentialStore({ env, authFile })
    const abort = new AbortController()
    const first = store.find('a.io', 'x', abort.signal)
    first.catch(() => {})
    const second = store.find('a.io', 'x', new AbortController().signal)
    while (log() === '') await sleep(10)
    abort.abort(new Error('stop'))
    expect(await rejection(first)).toMatchObject({ message: 'stop' })
    expect(await second).toMatchObject({ username: 'ann' })
    expect(log()).toBe('x\nx\n')
  })
})
