import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { Random } from '../random.ts'
import { INPUT_MAX } from '../target.ts'
import { mutateBytes } from './bytes.ts'
import { INTERESTING } from './interesting.ts'
import { type RawTarMember, rawTarMembers, repairChecksum, writeTarSize } from './raw-tar.ts'
import { mutateRow } from './rows.ts'

const BLOCK = 512
/** Offsets and lengths of the fields of a header, with the numbers among them by name. */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  type: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
  deviceMajor: [329, 8],
  deviceMinor: [337, 8],
  prefix: [345, 155],
} as const satisfies Record<string, readonly [number, number]>
const NUMBERS = ['mode', 'uid', 'gid', 'size', 'mtime', 'deviceMajor', 'deviceMinor'] as const
const TEXTS = ['name', 'linkName', 'prefix'] as const
const TYPES = '\x000123456789ABDIKLMNSVXgxz'
const MAGICS = ['ustar\x0000', 'ustar  \0', 'ustar\x0001', '\0\0\0\0\0\0\0\0', 'ustar\x20\x20\x20']
const PATHS = [
  ...['a', 'a/', 'a/b', './a', '/a', '//a', 'a//b', '.', './', '/', '..', '../a', 'a/..', 'a/../b'],
  ...['usr', 'usr/', 'usr/bin', 'run', '.wh.a', 'a/.wh.b', '.wh..wh..opq', 'a/.wh..wh..opq'],
  ...['.wh.', '.wh..', '.wh...', '.wh..wh.plnk', '.wh..wh.plnk/a', '.wh..wh.aufs', 'a/.wh.b/c'],
  ...['a\\b', 'a b', 'a\nb', '\xff\xfe', 'x'.repeat(99), 'x'.repeat(100), 'y'.repeat(255)],
  ...['y'.repeat(256), 'd/'.repeat(40), 'd/'.repeat(2049)],
]
const PAX_KEYS = [
  ...['path', 'linkpath', 'size', 'uid', 'gid', 'mtime', 'atime', 'uname', 'hdrcharset', 'comment'],
  ...['SCHILY.xattr.user.a', 'SCHILY.xattr.security.capability', 'SCHILY.xattr.', 'GNU.sparse.map'],
  ...[
    'SCHILY.xattr.trusted.overlay.opaque',
    'SCHILY.xattr.user.overlay.whiteout',
    'GNU.sparse.major',
  ],
  ...['LIBARCHIVE.xattr.user.a', `SCHILY.xattr.${'n'.repeat(256)}`, '\xff', '', 'a=b', 'a\0b'],
]

/** Changes the members of a tar, plain or compressed; checksums stay right but for one time in twenty. */
export function mutateTar(
  input: Uint8Array,
  random: Random,
  others: readonly Uint8Array[],
): Uint8Array | undefined {
  const members = rawTarMembers(input)
  if (members.length === 0) return undefined
  const foreign = others.length > 0 ? rawTarMembers(random.pick(others)) : []
  const changes = 1 << random.below(3)
  for (let i = 0; i < changes; i++) mutateMember(members, random, foreign)
  const tar = joinMembers(members, random)
  if (random.oneIn(12)) return gzipSync(tar, { level: random.below(10) })
  if (random.oneIn(12)) return zstdCompressSync(tar)
  return tar
}

function mutateMember(
  members: RawTarMember[],
  random: Random,
  foreign: readonly RawTarMember[],
): void {
  if (members.length === 0 || random.oneIn(4)) {
    mutateRow(members, random, foreign)
    return
  }
  const at = random.below(members.length)
  const member = members[at] as RawTarMember
  if (random.oneIn(4)) {
    members.splice(at, 0, extensionMember(member, random))
    return
  }
  const header = new Uint8Array(member.header)
  const { content, size } = member
  switch (random.below(5)) {
    case 0:
      header[FIELDS.type[0]] = TYPES.charCodeAt(random.below(TYPES.length))
      break
    case 1:
      setField(header, FIELDS[random.pick(NUMBERS)], randomNumber(random))
      break
    case 2:
      setField(header, FIELDS[random.pick(TEXTS)], latin1(random.pick(PATHS)))
      break
    case 3:
      setField(header, FIELDS.magic, latin1(random.pick(MAGICS)))
      break
    default: {
      const body = mutateBytes(content.subarray(0, size), random, { dictionary: [], others: [] })
      members[at] = padded(header, body)
      return
    }
  }
  members[at] = { header, content, size }
}

/** An extension header before a member: made like that member's, or of random records. */
function extensionMember(like: RawTarMember, random: Random): RawTarMember {
  const header = new Uint8Array(like.header)
  const type = random.pick(['x', 'x', 'x', 'g', 'L', 'K'])
  header[FIELDS.type[0]] = type.charCodeAt(0)
  if (type === 'L' || type === 'K') return padded(header, latin1(`${random.pick(PATHS)}\0`))
  const records = Array.from({ length: 1 + random.below(4) }, () => paxRecord(random))
  return padded(header, latin1(records.join('')))
}

function paxRecord(random: Random): string {
  const key = random.pick(PAX_KEYS)
  const number = random.pick(INTERESTING).toString()
  const value = random.pick([
    number,
    `-${number}`,
    `${number}.${random.pick(INTERESTING)}`,
    '',
    random.pick(PATHS),
    'x'.repeat(random.below(70_000)),
    '0x1f',
    '1e5',
    'a\0b',
  ])
  const body = ` ${key}=${value}\n`
  let length = body.length + 1
  while (`${length}${body}`.length !== length) length++
  return `${random.oneIn(12) ? random.pick(INTERESTING) : length}${body}`
}

/** Octal, octal without room for the NUL, base 256, or no number at all. */
function randomNumber(random: Random): Uint8Array {
  const value = random.pick(INTERESTING)
  const octal = value.toString(8)
  switch (random.below(5)) {
    case 0: {
      const bytes = new Uint8Array(12)
      let rest = value
      for (let i = 11; i > 0; i--) {
        bytes[i] = Number(rest & 0xffn)
        rest >>= 8n
      }
      bytes[0] = random.pick([0x80, 0xff, 0xc0])
      return bytes
    }
    case 1:
      return latin1(` ${octal} `)
    case 2:
      return latin1(random.pick(['-1', '9', '0x1', ' ', '', '\0\0\x31', '+7']))
    default:
      return latin1(octal.slice(-11).padStart(11, '0'))
  }
}

function setField(header: Uint8Array, [at, length]: readonly [number, number], value: Uint8Array) {
  header.fill(0, at, at + length)
  // Numbers of twelve bytes in fields of eight: their low end counts.
  header.set(
    value[0] === 0x80 || value[0] === 0xff ? value.slice(-length) : value.subarray(0, length),
    at,
  )
  if (value[0] === 0x80 || value[0] === 0xff) header[at] = value[0]
}

function padded(header: Uint8Array, body: Uint8Array): RawTarMember {
  const content = new Uint8Array(Math.ceil(body.length / BLOCK) * BLOCK)
  content.set(body)
  writeTarSize(header, body.length)
  return { header, content, size: body.length }
}

function joinMembers(members: readonly RawTarMember[], random: Random): Uint8Array {
  const parts = members.flatMap(member => {
    const header = new Uint8Array(member.header)
    if (!random.oneIn(20)) repairChecksum(header)
    return random.oneIn(60) ? [header] : [header, member.content]
  })
  const end = new Uint8Array(random.pick([0, 512, 1024, 1024, 1024, 1536, 10240]))
  return Buffer.concat([...parts, end]).subarray(0, INPUT_MAX)
}

function latin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}
