import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isLinuxError, parseComposefsOptions, parseMountAttributes } from '../src/index.ts'

const DEFAULTS = { basedir: ['/o'], verity: 'off', isReadOnly: false, attributes: [] }

describe('the options of mount.composefs', () => {
  test.each<[string, object]>([
    ['basedir=/o', {}],
    ['basedir=/a:/b', { basedir: ['/a', '/b'] }],
    ['basedir=:/a::/b:', { basedir: ['/a', '/b'] }],
    ['basedir=/a,basedir=/b', { basedir: ['/b'] }],
    ['basedir=/a\\,b\\\\c=d', { basedir: ['/a,b\\c=d'] }],
    ['basedir=/o\\', {}],
    [',basedir=/o,,', {}],
    ['basedir=/o,ro', { isReadOnly: true }],
    ['basedir=/o,ro,rw', {}],
    ['basedir=/o,rw,ro', { isReadOnly: true }],
    ['basedir=/o,verity', { verity: 'require' }],
    ['basedir=/o,tryverity', { verity: 'try' }],
    ['basedir=/o,tryverity,verity', { verity: 'require' }],
    ['basedir=/o,digest=00', { digest: '00', verity: 'require' }],
    ['basedir=/o,digest=00,tryverity', { digest: '00', verity: 'require' }],
    ['basedir=/o,idmap=/proc/1/ns/user', { idmap: '/proc/1/ns/user' }],
    ['basedir=/o,upperdir=u,workdir=w', { upper: { upperdir: 'u', workdir: 'w' } }],
    ['basedir=/o,nodev,nosuid,noexec', { attributes: ['nodev', 'nosuid', 'noexec'] }],
    ['basedir=/o,nodev,noexec,dev', { attributes: ['noexec'] }],
    ['basedir=/o,noatime,relatime', { attributes: ['relatime'] }],
    ['basedir=/o,defaults,_netdev,x-a.b,X-c=d,suid,exec,dev', {}],
  ])('%s', (text, expected) => {
    expect(parseComposefsOptions(text)).toEqual({ ...DEFAULTS, ...expected })
  })

  test.each([
    ['', 'No object dirs specified', 'basedir'],
    ['ro', 'No object dirs specified', 'basedir'],
    ['basedir=:', 'No object dirs specified', 'basedir'],
    ['basedir', 'No value specified for basedir option', 'basedir'],
    ['basedir=/o,digest', 'No value specified for digest option', 'digest'],
    ['basedir=/o,signed', 'Unsupported option signed', 'signed'],
    ['basedir=/o,verity=on', 'Unsupported option verity', 'verity'],
    ['basedir=/o,nodev=1', 'Unsupported option nodev', 'nodev'],
    ['basedir=/o,toString', 'Unsupported option toString', 'toString'],
    ['basedir=/o,upperdir=u', 'Both workdir and upperdir must be specified if used', 'workdir'],
    ['basedir=/o,workdir=w', 'Both workdir and upperdir must be specified if used', 'upperdir'],
  ])('%s is refused: %s', (text, message, option) => {
    expect(() => parseComposefsOptions(text)).toThrow(
      expect.objectContaining({ code: 'ERR_LINUX_BAD_MOUNT_OPTION', message, facts: { option } }),
    )
  })

  test('give any value back that is written with escapes', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), value => {
        const escaped = value.replace(/[\\,]/g, '\\$&')
        expect(parseComposefsOptions(`basedir=/o,idmap=${escaped},ro`).idmap).toBe(value)
      }),
    )
  })

  test('of any text are read or refused', () => {
    const word = fc.constantFrom('basedir', '=', ',', '\\', ':', 'ro', 'verity', 'x-', '/o', '\n')
    fc.assert(
      fc.property(fc.array(word), words => {
        try {
          expect(parseComposefsOptions(words.join('')).basedir).not.toEqual([])
        } catch (error) {
          expect(isLinuxError(error, 'ERR_LINUX_BAD_MOUNT_OPTION')).toBe(true)
        }
      }),
    )
  })
})

describe('attributes of mounts', () => {
  test.each([
    [['noatime', 'strictatime'], ['strictatime']],
    [['noatime', 'atime'], []],
    [['nodiratime', 'nosymfollow', 'symfollow'], ['nodiratime']],
    [['nodev', 'nodev'], ['nodev']],
  ])('%j are %j', (words, attributes) => {
    expect(parseMountAttributes(words)).toEqual(attributes)
  })

  test('are no other words', () => {
    expect(() => parseMountAttributes(['ro'])).toThrow('Unsupported option ro')
  })
})
