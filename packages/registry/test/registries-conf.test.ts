import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadRegistriesConf } from '../src/config/registries-conf.ts'
import { matchPrefix } from '../src/config/registry-prefix.ts'
import { parseRegistryReference } from '../src/reference.ts'
import { rejection, temporaryDirectory } from './temporary-directory.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

/** Endpoints as text: `HOST/REPOSITORY`, `!` where it is insecure, in brackets where it is a mirror. */
async function endpoints(conf: string, name: string): Promise<string[]> {
  const path = join(temporaryDirectory({ 'registries.conf': conf }), 'registries.conf')
  const { endpoints } = await loadRegistriesConf({ path, env: {} })
  return endpoints(parseRegistryReference(name)).map(({ host, repository, insecure, isMirror }) => {
    const text = `${host}/${repository}${insecure ? '!' : ''}`
    return isMirror ? `[${text}]` : text
  })
}

const MIRRORS = `
[[registry]]
location = "quay.io"
[[registry.mirror]]
location = "one:5000/quay/"
insecure = true
[[registry.mirror]]
location = "two.com"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "three.com"
pull-from-mirror = "tag-only"
`

const PREFIXES = `
[[registry]]
prefix = "quay.io/team"
location = "other.com/group"
[[registry]]
prefix = "quay.io/team/app"
location = "third.com/one"
insecure = true
[[registry]]
prefix = "*.example.com"
location = "example.com/all"
[[registry]]
prefix = "*.plain.com"
insecure = true
[[registry]]
prefix = "docker.io/library"
location = "mirror.com/hub"
[[registry]]
prefix = "Quay.IO/pinned:1"
location = "pins.com/pinned"
`

describe('where an image is looked for', () => {
  test.each([
    ['', 'quay.io/a:1', ['quay.io/a']],
    [MIRRORS, 'quay.io/a:1', ['[one:5000/quay/a!]', '[three.com/a]', 'quay.io/a']],
    [MIRRORS, `quay.io/a@${DIGEST}`, ['[one:5000/quay/a!]', '[two.com/a]', 'quay.io/a']],
    [MIRRORS, `quay.io/a:1@${DIGEST}`, ['[one:5000/quay/a!]', '[two.com/a]', 'quay.io/a']],
    [MIRRORS, 'quay.io:443/a', ['quay.io:443/a']],
    [
      '[[registry]]\nlocation="a.com"\nmirror-by-digest-only=true\n[[registry.mirror]]\nlocation="b.com"',
      'a.com/x',
      ['a.com/x'],
    ],
    [
      '[[registry]]\nlocation="a.com"\nmirror-by-digest-only=true\n[[registry.mirror]]\nlocation="b.com"',
      `a.com/x@${DIGEST}`,
      ['[b.com/x]', 'a.com/x'],
    ],
    [PREFIXES, 'quay.io/x', ['quay.io/x']],
    [PREFIXES, 'quay.io/team/x', ['other.com/group/x']],
    [PREFIXES, 'quay.io/team', ['other.com/group']],
    [PREFIXES, 'quay.io/teams/x', ['quay.io/teams/x']],
    [PREFIXES, 'quay.io/team/app', ['third.com/one!']],
    [PREFIXES, 'quay.io/team/app/sub', ['third.com/one/sub!']],
    [PREFIXES, 'a.example.com/x', ['example.com/all/x']],
    [PREFIXES, 'a.b.example.com/x', ['example.com/all/x']],
    ['[[registry]]\nprefix="*.a.com"\nlocation="a.com"', 'b.a.com:5000/x:1', ['a.com:5000/x']],
    [PREFIXES, 'example.com/x', ['example.com/x']],
    [PREFIXES, 'a.plain.com/x', ['a.plain.com/x!']],
    [PREFIXES, 'docker.io/debian', ['mirror.com/hub/debian']],
    [PREFIXES, 'quay.io/pinned:1', ['pins.com/pinned']],
    [PREFIXES, 'quay.io/pinned:2', ['quay.io/pinned']],
    ['[[registry]]\nlocation="[::1]:5000"\ninsecure=true', '[::1]:5000/x', ['[::1]:5000/x!']],
    ['[[registry]]\nlocation="a.com"\nfuture-key=1\n[aliases]\n"x"="y"', 'a.com/x', ['a.com/x']],
    [
      '[[registry]]\nlocation="a.com"\ninsecure=true\n[[registry]]\nlocation="a.com"',
      'a.com/x',
      ['a.com/x'],
    ],
  ])('with %j, of %s', async (conf, name, expected) => {
    expect(await endpoints(conf, name)).toEqual(expected)
  })

  test.each([
    ['[[registry]]\nlocation="a.com"\nblocked=true', 'a.com/x'],
    ['[[registry]]\nlocation="a.com"\nblocked=true', 'A.com/x'],
    ['[[registry]]\nprefix="*.a.com"\nblocked=true', 'b.a.com:5000/x'],
    ['[[registry]]\nlocation="a.com/x/y"\nblocked=true', 'a.com/x/y/z:1'],
    ['[[registry]]\nlocation="docker.io"\nblocked=true', 'index.docker.io/debian'],
  ])('%j blocks %s', async (conf, name) => {
    expect(await rejection(endpoints(conf, name))).toMatchObject({ code: 'ERR_REGISTRY_BLOCKED' })
  })

  test('nothing is blocked beside it', async () => {
    const conf = '[[registry]]\nlocation="a.com/x/y"\nblocked=true'
    expect(await endpoints(conf, 'a.com/x/yy')).toEqual(['a.com/x/yy'])
  })
})

describe('a registries.conf that is refused', () => {
  test.each([
    ['[registries.search]\nregistries = ["quay.io"]', /first version/],
    ['[[registry]]', /neither prefix nor location/],
    ['[[registry]]\nprefix="quay.io"', /no location/],
    ['[[registry]]\nprefix="a*.com"\nlocation="b"', /\*/],
    ['[[registry]]\nprefix="*.*.com"', /\*/],
    ['[[registry]]\nlocation="*.com"\nprefix="a.com"', /\*/],
    ['[[registry]]\nlocation="https://a.com"', /without https:/],
    ['[[registry]]\nlocation=1', /no string/],
    ['[[registry]]\nlocation="a"\ninsecure="yes"', /neither true nor false/],
    ['[[registry]]\nlocation="a"\npull-from-mirror="all"', /for mirrors/],
    ['[[registry]]\nlocation="a"\n[[registry.mirror]]\ninsecure=true', /mirror of a/],
    [
      '[[registry]]\nlocation="a"\n[[registry.mirror]]\nlocation="b"\npull-from-mirror="x"',
      /digest-only/,
    ],
    [
      '[[registry]]\nlocation="a"\nmirror-by-digest-only=true\n[[registry.mirror]]\nlocation="b"\npull-from-mirror="all"',
      /exclude/,
    ],
    ['registry = 1', /list of tables/],
    ['registry = [1]', /list of tables/],
    ['unqualified-search-registries = "a"', /list of strings/],
    ['credential-helpers = [1]', /list of strings/],
    ['a = ', /line 1/],
    ['# a secret\n\na = "secret" b', /line 3/],
    ['[[registry]]\nprefix="a.com/x"\nlocation="a.com/X"', /in place of/],
    ['[[registry]]\nprefix="a.com/x:1"\nlocation="a.com/x:2"', /tag 2/],
    ['\0', /line 1/],
  ])('%j', async (conf, message) => {
    const error = await rejection(endpoints(conf, 'a.com/x:1'))
    expect(error).toMatchObject({ code: 'ERR_REGISTRY_BAD_CONFIG' })
    const text = (error as Error).message
    expect(text).toMatch(message)
    expect(text).toMatch(/^\/.*registries\.conf: /)
    expect(text).not.toMatch(/secret/)
  })

  test('because it is too large or no text', async () => {
    const directory = temporaryDirectory({ large: '#'.repeat((1 << 20) + 1) })
    for (const path of [join(directory, 'large'), '/bin/sh', directory, join(directory, 'none')]) {
      expect(await rejection(loadRegistriesConf({ path, env: {} }))).toMatchObject({
        code: 'ERR_REGISTRY_BAD_CONFIG',
        facts: { path },
      })
    }
  })
})

describe('the files of registries.conf', () => {
  const search = (name: string) => `unqualified-search-registries = ["${name}"]\n`
  const insecure = (host: string, value = true) =>
    `[[registry]]\nlocation = "${host}"\ninsecure = ${value}\n`

  const system = {
    'etc/registries.conf': search('system') + insecure('a.com') + insecure('b.com'),
    'etc/registries.conf.d/20.conf': insecure('b.com', false) + insecure('c.com'),
    'etc/registries.conf.d/10.conf': search('ten') + insecure('b.com'),
    'etc/registries.conf.d/30.txt': '[registries]',
    'etc/registries.conf.d/40.conf/file': '',
    'home/.config/containers/registries.conf.d/1.conf':
      insecure('c.com', false) + insecure('d.com'),
  }

  async function load(files: Readonly<Record<string, string>>, more: Record<string, string> = {}) {
    const directory = temporaryDirectory(files)
    const env = { HOME: join(directory, 'home'), ...more }
    const conf = await loadRegistriesConf({ env, systemDirectory: join(directory, 'etc') })
    const isInsecure = (host: string) =>
      conf.endpoints(parseRegistryReference(`${host}/x`))[0]?.insecure
    const hosts = ['a.com', 'b.com', 'c.com', 'd.com'].filter(isInsecure)
    return { search: conf.searchRegistries, hosts, helpers: conf.credentialHelpers }
  }

  test('none', async () => {
    expect(await load({})).toEqual({ search: [], hosts: [], helpers: ['containers-auth.json'] })
  })

  test('of the system, with drop-ins of both', async () => {
    expect(await load(system)).toMatchObject({ search: ['ten'], hosts: ['a.com', 'd.com'] })
  })

  test('of the user, with drop-ins of the user alone', async () => {
    const user = { 'home/.config/containers/registries.conf': search('user') }
    expect(await load({ ...system, ...user })).toMatchObject({ search: ['user'], hosts: ['d.com'] })
  })

  test('named in the environment, alone', async () => {
    const named = temporaryDirectory({ conf: insecure('b.com') })
    const env = { CONTAINERS_REGISTRIES_CONF: join(named, 'conf') }
    expect(await load(system, env)).toMatchObject({ search: [], hosts: ['b.com'] })
  })

  test('tell which helpers are asked', async () => {
    const conf = { 'etc/registries.conf': 'credential-helpers = ["one", "containers-auth.json"]' }
    expect(await load(conf)).toMatchObject({ helpers: ['one', 'containers-auth.json'] })
  })
})

test('a prefix matches at ends of components alone', () => {
  const hosts = fc.constantFrom('a.com', 'b.a.com', 'a.com:1', 'ba.com')
  const paths = fc.array(fc.constantFrom('x', 'y', 'xy'), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(hosts, paths, fc.nat(4), (host, path, count) => {
      const name = [host, ...path].join('/')
      const prefix = [host, ...path].slice(0, count + 1).join('/')
      expect(matchPrefix(name, prefix)).toBe(prefix.length)
      expect(matchPrefix(`${name}:1`, prefix)).toBe(prefix.length)
      expect(matchPrefix(`${name}x`, prefix)).toBe(prefix === name ? undefined : prefix.length)
      expect(matchPrefix(name, `${name}/x`)).toBeUndefined()
      expect(matchPrefix(name, '*.a.com')).toBe(host === 'b.a.com' ? host.length : undefined)
    }),
  )
})
