import { encodeUtf8 } from '@composefs/bytes'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { composefsMounts, mountAt, mounts, parseMountinfo } from '../src/index.ts'

const TEXT = `\
22 28 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
28 1 254:1 / / rw,relatime shared:1 master:7 propagate_from:2 - ext4 /dev/vda1 rw,errors=remount-ro
90 28 0:50 / /mnt/a\\040b\\134\\303\\266 ro,relatime - overlay composefs:my\\040app ro,lowerdir+=/a,datadir+=/b,verity=require
91 28 0:51 /sub /mnt/c ro,relatime - overlay composefs rw
92 91 0:52 / /mnt/c rw - fuse.composefs composefs:top ro,user_id=0
93 28 0:53 / /mnt/d rw - tmpfs composefs:no rw
94 28 0:54 / /mnt/e rw - overlay overlay rw
95 28 0:55 / /mnt/f ro - overlay composefs-fuse ro,lowerdir=/proc/self/fd/8::/proc/self/fd/6,redirect_dir=nofollow,userxattr
96 28 0:56 / /mnt/g rw - overlay composefs rw,lowerdir+=/,datadir+=/a\\054b,datadir+=/c,upperdir=/u,workdir=/w
97 28 0:57 / /mnt/h rw - overlay composefs ro,lowerdir=/tmp/x::/d::/e
98 28 0:58 / /mnt/i rw - overlay composefs ro,lowerdir=/tmp/x:/d
`

describe('mountinfo', () => {
  const entries = parseMountinfo(encodeUtf8(TEXT))

  test('has one entry a line, whatever the optional fields', () => {
    expect(entries.map(entry => [entry.id, entry.target, entry.type])).toEqual([
      [22, '/proc', 'proc'],
      [28, '/', 'ext4'],
      [90, '/mnt/a b\\ö', 'overlay'],
      [91, '/mnt/c', 'overlay'],
      [92, '/mnt/c', 'fuse.composefs'],
      [93, '/mnt/d', 'tmpfs'],
      [94, '/mnt/e', 'overlay'],
      ...[95, 96, 97, 98].map((id, i) => [id, `/mnt/${'fghi'[i]}`, 'overlay']),
    ])
    expect(entries[1]).toEqual({
      id: 28,
      parent: 1,
      device: '254:1',
      root: '/',
      target: '/',
      options: ['rw', 'relatime'],
      type: 'ext4',
      source: '/dev/vda1',
      superOptions: ['rw', 'errors=remount-ro'],
    })
  })

  test('tells the composefs mounts', () => {
    const found = composefsMounts(entries).map(({ id, name, mode, verity, isReadOnly }) => {
      return { id, name, mode, verity, isReadOnly }
    })
    expect(found).toEqual([
      { id: 90, name: 'my app', mode: 'kernel', verity: 'require', isReadOnly: true },
      { id: 91, name: undefined, mode: 'kernel', verity: 'off', isReadOnly: true },
      { id: 92, name: 'top', mode: 'fuse', verity: 'off', isReadOnly: true },
      { id: 95, name: undefined, mode: 'fuse-overlay', verity: 'off', isReadOnly: true },
      { id: 96, name: undefined, mode: 'kernel', verity: 'off', isReadOnly: false },
      { id: 97, name: undefined, mode: 'kernel', verity: 'off', isReadOnly: true },
      { id: 98, name: undefined, mode: 'kernel', verity: 'off', isReadOnly: true },
    ])
  })

  test('tells where their objects are, in every form, and whether there is an upper directory', () => {
    const found = composefsMounts(entries).map(({ id, objects, hasUpper }) => [
      id,
      objects,
      hasUpper,
    ])
    expect(found).toEqual([
      [90, ['/b'], false],
      [91, [], false],
      [92, [], false],
      [95, [], false],
      [96, ['/a,b', '/c'], true],
      [97, ['/d', '/e'], false],
      [98, ['/d'], false],
    ])
  })

  test('finds the topmost of stacked mounts', () => {
    expect(mountAt('/mnt/c', entries)?.id).toBe(92)
    expect(mountAt('/mnt/e', entries)?.id).toBe(94)
    expect(mountAt('/mnt', entries)).toBeUndefined()
  })

  test('of this machine knows /proc', () => {
    expect(mountAt('/proc', mounts())?.type).toBe('proc')
  })

  test('of any bytes gives entries or none', () => {
    const word = fc.constantFrom('1', '-', '/a', 'rw', '0:1', '\\040', '\\', '', 'x')
    const line = fc.array(word, { maxLength: 14 }).map(words => words.join(' '))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), line.map(encodeUtf8)), bytes => {
        for (const entry of parseMountinfo(bytes)) expect(entry.superOptions).toBeInstanceOf(Array)
      }),
    )
  })
})
