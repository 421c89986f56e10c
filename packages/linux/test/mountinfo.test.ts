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
