import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isRegistryError } from '../src/errors.ts'
import {
  formatRegistryReference,
  parseRegistryReference,
  type RegistryReference,
} from '../src/reference.ts'

const HEX = 'a'.repeat(64)

function reference(text: string): readonly (string | undefined)[] {
  const { host, repository, tag, digest } = parseRegistryReference(text)
  return [host, repository, tag, digest]
}

describe('a reference', () => {
  test.each([
    ['quay.io/fedora/fedora:41', ['quay.io', 'fedora/fedora', '41', undefined]],
    ['quay.io/fedora/fedora', ['quay.io', 'fedora/fedora', 'latest', undefined]],
    [`quay.io/a@sha256:${HEX}`, ['quay.io', 'a', undefined, `sha256:${HEX}`]],
    [`quay.io/a:b@sha256:${HEX}`, ['quay.io', 'a', 'b', `sha256:${HEX}`]],
    [`quay.io/a@sha512:${HEX}${HEX}`, ['quay.io', 'a', undefined, `sha512:${HEX}${HEX}`]],
    ['docker.io/debian', ['docker.io', 'library/debian', 'latest', undefined]],
    ['index.docker.io/debian:12', ['docker.io', 'library/debian', '12', undefined]],
    ['docker.io/team/app', ['docker.io', 'team/app', 'latest', undefined]],
    ['docker.io:443/app', ['docker.io:443', 'app', 'latest', undefined]],
    ['localhost/app', ['localhost', 'app', 'latest', undefined]],
    ['localhost:5000/app:1', ['localhost:5000', 'app', '1', undefined]],
    ['registry:5000/app', ['registry:5000', 'app', 'latest', undefined]],
    ['127.0.0.1:5000/app', ['127.0.0.1:5000', 'app', 'latest', undefined]],
    ['[::1]/app', ['[::1]', 'app', 'latest', undefined]],
    ['[FD00::1]:5000/app:1', ['[fd00::1]:5000', 'app', '1', undefined]],
    ['Quay.IO/app', ['quay.io', 'app', 'latest', undefined]],
    ['[FD00:0:0::1]/app', ['[fd00::1]', 'app', 'latest', undefined]],
    ['LocalHost/app', ['localhost', 'app', 'latest', undefined]],
    ['xn--7o8h.com/app', ['xn--7o8h.com', 'app', 'latest', undefined]],
    ['quay.io:0443/app', ['quay.io:443', 'app', 'latest', undefined]],
    [
      'quay.io/a--b/c__d/e.f/g_h/i---j',
      ['quay.io', 'a--b/c__d/e.f/g_h/i---j', 'latest', undefined],
    ],
    ['quay.io/a:_1.2-Z', ['quay.io', 'a', '_1.2-Z', undefined]],
    [`quay.io/a:${'x'.repeat(128)}`, ['quay.io', 'a', 'x'.repeat(128), undefined]],
    [`quay.io/${'x'.repeat(255)}`, ['quay.io', 'x'.repeat(255), 'latest', undefined]],
  ])('%s', (text, expected) => {
    expect(reference(text)).toEqual(expected)
    expect(reference(formatRegistryReference(parseRegistryReference(text)))).toEqual(expected)
  })

  test.each([
    '',
    '/',
    '/app',
    'quay.io/',
    'quay.io//app',
    'quay.io/app/',
    'quay.io/App',
    'quay.io/a___b',
    'quay.io/a..b',
    'quay.io/.a',
    'quay.io/a_',
    'quay.io/a/-b',
    'quay.io/a b',
    'quay.io/a\n',
    'quay.io/..',
    'quay.io/a/../b',
    'quay.io/a?b',
    'quay.io/a%2fb',
    'quay.io/a:',
    'quay.io/a:.b',
    'quay.io/a:-b',
    'quay.io/a:b:c',
    'quay.io/a:b/c',
    `quay.io/a:${'x'.repeat(129)}`,
    `quay.io/${'x'.repeat(256)}`,
    `docker.io/${'x'.repeat(248)}`,
    'quay.io/a@',
    'quay.io/a@sha256:abc',
    `quay.io/a@sha256:${'A'.repeat(64)}`,
    `quay.io/a@md5:${'a'.repeat(32)}`,
    `quay.io/a@sha256:${HEX}:b`,
    'quay.io:/app',
    'quay.io:0/app',
    'quay.io:65536/app',
    'quay.io:port/app',
    'quay.io:1:2/app',
    '-quay.io/app',
    'quay-.io/app',
    'quay..io/app',
    'quay.io./app',
    'user@quay.io/app',
    'https://quay.io/app',
    'quay_x.io/app',
    '256.1.1.1/app',
    '127.1/app',
    '0x7f.1:5000/app',
    '[::1/app',
    '::1/app',
    '[]/app',
    '[1.2.3.4]/app',
    '[fe80::1%eth0]/app',
    `${'a.'.repeat(130)}io/app`,
    'é.io/app',
    'debian:.x',
    'Debian',
    'LOCAL/app',
    'x'.repeat(100_000),
  ])('not %s', text => {
    expect(code(() => parseRegistryReference(text))).toBe('ERR_REGISTRY_BAD_REFERENCE')
  })

  test.each([
    ['debian', ['docker.io/library/debian']],
    ['debian:12', ['docker.io/library/debian:12']],
    [`debian@sha256:${HEX}`, [`docker.io/library/debian@sha256:${HEX}`]],
    ['library/debian', ['docker.io/library/debian']],
    ['team/app:1', ['docker.io/team/app:1']],
    ['localhost:5000', ['docker.io/library/localhost:5000']],
  ])('%s has no registry', (text, choices) => {
    const error = thrown(() => parseRegistryReference(text))
    expect(error).toMatchObject({
      code: 'ERR_REGISTRY_UNQUALIFIED',
      facts: { reference: text, choices },
    })
  })

  test('without a registry may be one of those that are searched', () => {
    const searchRegistries = ['quay.io', 'docker.io', 'localhost:5000']
    expect(thrown(() => parseRegistryReference('app:1', { searchRegistries }))).toMatchObject({
      facts: {
        choices: ['docker.io/library/app:1', 'quay.io/app:1', 'localhost:5000/app:1'],
      },
    })
  })

  const component = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:[._]|__|-{1,3})[a-z0-9]{1,8}){0,2}$/)
  const references: fc.Arbitrary<RegistryReference> = fc.record({
    host: fc.constantFrom('quay.io', 'localhost', '127.0.0.1:5000', '[::1]:5000', 'a-b.c:1'),
    repository: fc.array(component, { minLength: 1, maxLength: 4 }).map(parts => parts.join('/')),
    tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/),
    digest: fc.option(fc.constant(`sha256:${HEX}`), { nil: undefined }),
  })

  test('is what it was formatted from', () => {
    fc.assert(
      fc.property(references, given => {
        expect(parseRegistryReference(formatRegistryReference(given))).toEqual(given)
      }),
    )
  })

  test('of any text is one that comes back, or an error of ours', () => {
    const alphabet = fc.constantFrom(...'aA01.:/@-_[]%x \n', 'sha256:', 'docker.io', HEX)
    const texts = fc.array(alphabet, { maxLength: 12 }).map(parts => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(texts, fc.string()), text => {
        let parsed: RegistryReference
        try {
          parsed = parseRegistryReference(text)
        } catch (error) {
          expect(isRegistryError(error)).toBe(true)
          return
        }
        expect(parseRegistryReference(formatRegistryReference(parsed))).toEqual(parsed)
        // What is put into URLs and paths needs no escapes.
        expect(parsed.repository).toMatch(/^[a-z0-9][a-z0-9._/-]*$/)
        expect(URL.canParse(`https://${parsed.host}/v2/`)).toBe(true)
      }),
    )
  })
})

function thrown(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

function code(call: () => unknown): unknown {
  return (thrown(call) as { code?: unknown }).code
}
