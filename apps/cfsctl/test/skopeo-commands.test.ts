import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildTar } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { runOurs, textOf } from './programs.ts'
import { startOurs, until } from './running.ts'
import { temporaryDirectory } from './temporary.ts'

const work = temporaryDirectory()
const path = (name: string) => join(work, name)
const repository = path('repository')

beforeAll(() => {
  textOf(runOurs(['init', '--insecure', repository]))
})

/** A program that stands in for skopeo. */
function program(name: string, script: string): string {
  writeFileSync(path(name), `#!/bin/sh\n${script}\n`)
  chmodSync(path(name), 0o755)
  return path(name)
}

const pull = (...words: string[]) => runOurs(['--repo', repository, 'oci', 'pull', ...words])

describe('a pull through skopeo', () => {
  test.each([
    ['that is not there', '/nowhere/skopeo', 'there is no such program'],
    [
      'that is too old',
      program('old', `echo 'unknown command "experimental-image-proxy"' >&2; exit 1`),
      'no image proxy',
    ],
  ])('%s says what to do', (_, skopeo, why) => {
    const { status, stderr } = pull('--skopeo', skopeo, 'dir:/image')
    expect(status).toBe(5)
    expect(stderr).toContain(why)
    expect(stderr).toMatch(/^hint: .*--skopeo PATH/m)
    const json = runOurs(
      ['--repo', repository, '--json', 'oci', 'pull', 'docker-daemon:a:1'],
      undefined,
      { CFSCTL_SKOPEO: skopeo },
    )
    expect(json.status).toBe(5)
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'skopeo-missing' } })
  })

  test('that ends at once says why', () => {
    const script = `echo 'time="now" level=fatal msg="open /etc/containers/policy.json"' >&2; exit 1`
    const { status, stderr } = pull('--skopeo', program('broken', script), 'dir:/image')
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^error: .*skopeo ended with status 1: open \/etc\/containers\/policy\.json$/m,
    )
  })

  test('that is silent ends with the idle time-out', () => {
    const silent = program('silent', 'exec sleep 600')
    const { status, stderr } = pull(
      ...['--skopeo', silent, '--idle-timeout', '1', '--retry', '0', 'dir:/image'],
    )
    expect(status).toBe(6)
    expect(stderr).toMatch(/nothing came from skopeo for 1 s/)
    expect(stderr).toMatch(/^hint: .*--idle-timeout/m)
  })

  test.each([
    ['SIGINT', 130],
    // Of a terminal that is closed skopeo knows nothing: it has a session of its own.
    ['SIGHUP', 129],
  ] as const)('that is silent is ended by %s', async (signal, expected) => {
    const file = path(`pid-${signal}`)
    const script = `echo $$ > ${file}.new; mv ${file}.new ${file}; exec sleep 600`
    const skopeo = program(`waiting-${signal}`, script)
    const { child, ended } = startOurs([
      ...['--repo', repository, 'oci', 'pull', '--skopeo', skopeo, 'dir:/image'],
    ])
    await until(() => existsSync(file))
    const pid = readFileSync(file, 'utf8').trim()
    expect(existsSync(`/proc/${pid}`)).toBe(true)
    child.kill(signal)
    expect((await ended).status).toBe(expected)
    expect(existsSync(`/proc/${pid}`)).toBe(false)
  })
})

describe('an archive of several images', () => {
  beforeAll(async () => {
    const images = ['a:1', 'quay.io/b/c:2'].map(tag => ({
      Config: 'config.json',
      RepoTags: [tag],
      Layers: [],
    }))
    const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }
    const tar = await buildTar([
      { name: 'config.json', content: JSON.stringify(config) },
      { name: 'manifest.json', content: JSON.stringify(images) },
    ])
    writeFileSync(path('images.tar'), tar)
  })

  test('lists them', () => {
    const { status, stderr } = pull(`docker-archive:${path('images.tar')}`)
    expect(status).toBe(1)
    expect(stderr).toMatch(/more than one image: a:1, quay\.io\/b\/c:2/)
  })

  test('needs no skopeo for one of them', () => {
    const reference = `docker-archive:${path('images.tar')}:quay.io/b/c:2`
    const { status, stderr } = pull('--skopeo', '/nowhere', '--dry-run', reference)
    expect(stderr).not.toMatch(/error/)
    expect(status).toBe(0)
  })
})
