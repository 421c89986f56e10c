import { describe, expect, test } from 'vitest'
import { isExempt } from '../src/config/no-proxy.ts'
import { proxyFor } from '../src/config/proxy.ts'
import { isRegistryError } from '../src/errors.ts'

const PROXY = 'http://proxy:3128/'
const OTHER = 'http://other:1/'

describe('the proxy', () => {
  test.each([
    ['https://quay.io', {}, undefined],
    ['https://quay.io', { HTTPS_PROXY: '' }, undefined],
    ['https://quay.io', { HTTPS_PROXY: 'http://proxy:3128' }, PROXY],
    ['https://quay.io', { https_proxy: 'http://proxy:3128' }, PROXY],
    ['https://quay.io', { HTTPS_PROXY: 'proxy:3128' }, PROXY],
    ['https://quay.io', { HTTPS_PROXY: PROXY, https_proxy: OTHER }, PROXY],
    ['https://quay.io', { HTTPS_PROXY: 'https://proxy:3128' }, 'https://proxy:3128/'],
    ['https://quay.io', { HTTPS_PROXY: 'http://u:p@proxy:3128' }, 'http://u:p@proxy:3128/'],
    ['https://quay.io', { HTTP_PROXY: PROXY }, undefined],
    ['https://quay.io', { ALL_PROXY: PROXY }, PROXY],
    ['https://quay.io', { all_proxy: PROXY, HTTPS_PROXY: OTHER }, OTHER],
    ['http://quay.io', { HTTPS_PROXY: PROXY }, undefined],
    ['http://quay.io', { HTTP_PROXY: PROXY }, PROXY],
    ['http://quay.io', { HTTP_PROXY: PROXY, REQUEST_METHOD: 'GET' }, undefined],
    ['http://localhost:5000', { HTTP_PROXY: PROXY }, undefined],
    ['http://127.0.0.1:5000', { HTTP_PROXY: PROXY }, undefined],
    ['http://127.1.2.3', { HTTP_PROXY: PROXY }, undefined],
    ['http://[::1]:5000', { HTTP_PROXY: PROXY }, undefined],
    ['http://[::ffff:127.0.0.1]', { HTTP_PROXY: PROXY }, undefined],
    ['http://[fd00::1]', { HTTP_PROXY: PROXY }, PROXY],
    ['https://quay.io', { HTTPS_PROXY: PROXY, NO_PROXY: 'quay.io' }, undefined],
    ['https://quay.io', { HTTPS_PROXY: PROXY, no_proxy: 'quay.io:443' }, undefined],
    ['http://quay.io', { HTTP_PROXY: PROXY, no_proxy: 'quay.io:443' }, PROXY],
    ['https://quay.io', { HTTPS_PROXY: PROXY, NO_PROXY: '*' }, undefined],
    ['https://[fd00::1]:5000', { HTTPS_PROXY: PROXY, NO_PROXY: '[fd00::1]:5000' }, undefined],
  ])('of %s with %j is %s', (url, env, expected) => {
    expect(proxyFor(new URL(url), env)).toBe(expected)
  })

  test.each([
    { HTTPS_PROXY: 'socks5://u:secret@proxy:1080' },
    { all_proxy: 'ftp://u:secret@proxy' },
    { HTTPS_PROXY: 'http://u:secret@' },
    { HTTPS_PROXY: 'u:secret@pro xy' },
  ])('is not %j', env => {
    const call = () => proxyFor(new URL('https://quay.io'), env)
    expect(call).toThrow(
      expect.toSatisfy(error => isRegistryError(error, 'ERR_REGISTRY_BAD_CONFIG')),
    )
    expect(call).not.toThrow(/secret/)
  })
})

describe('NO_PROXY', () => {
  test.each([
    ['a.com', 'a.com', true],
    ['a.com', 'A.COM', true],
    ['b.a.com', 'a.com', true],
    ['ba.com', 'a.com', false],
    ['a.com', '.a.com', false],
    ['b.a.com', '.a.com', true],
    ['a.com', '*.a.com', false],
    ['c.b.a.com', '*.a.com', true],
    ['a.com', 'x.com, a.com ,y.com', true],
    ['a.com', '', false],
    ['a.com', ',,', false],
    ['a.com', ':443', false],
    ['a.com', 'a.com:443', true],
    ['a.com', 'a.com:80', false],
    ['10.1.2.3', '10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.3:443', true],
    ['10.1.2.3', '10.1.2.3:80', false],
    ['10.1.2.3', '2.3', false],
    ['fd00::1', 'fd00::/8', true],
    ['fd00::1', 'FD00:0::1', true],
    ['fd00::1', '[fd00::1]', true],
    ['fd00::1', '[fd00::1]:80', false],
    ['fe00::1', 'fd00::/8', false],
    ['10.1.2.3', '10.0.0.0/33', false],
    ['10.1.2.3', '10.0.0.0/x', false],
    ['a.com', '10.0.0.0/8', false],
    ['a.com', 'a.com/8', false],
    ['a.com', 'b.com,*', true],
    ['a.com', '[', false],
  ])('%s is in %s: %s', (host, list, expected) => {
    expect(isExempt({ host, port: '443' }, list)).toBe(expected)
  })
})
