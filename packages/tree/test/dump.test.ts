import { encodeUtf8, showUtf8 } from '@composefs/bytes'
import { SHA256, SHA512 } from '@composefs/fsverity'
import { generateDump } from '@composefs/test-fixtures'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  DumpParser,
  diffTrees,
  escapeField,
  escapeXattr,
  type FileTree,
  formatDumpEntry,
  formatDumpHardlink,
  isTreeError,
  parseDump,
  type TreeErrorCode,
  unescapeField,
  writeDump,
} from '../src/index.ts'

const ROOT_LINE = '/ 0 40755 2 0 0 0 0.0 - - -'
const HEX = '5a'.repeat(32)
const PATH = `5a/${'5a'.repeat(31)}`
const LONG = 'x'.repeat(255)

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, char => char.charCodeAt(0))
}

function dump(tree: FileTree, filter?: readonly string[]): string {
  const options = filter === undefined ? {} : { filter: filter.map(encodeUtf8) }
  return Buffer.concat([...writeDump(tree, options)]).toString('latin1')
}

/** What comes of a dump: it again, or the error. */
function outcome(feed: (parser: DumpParser) => void): unknown {
  try {
    const parser = new DumpParser(SHA256)
    feed(parser)
    return dump(parser.finish())
  } catch (error) {
    if (!isTreeError(error)) throw error
    return { code: error.code, facts: error.facts, message: error.message }
  }
}

/** The canonical lines of a dump whose root is `ROOT_LINE`, without the root. */
function canonical(...lines: string[]): string[] {
  const tree = parseDump(bytes([ROOT_LINE, ...lines].join('\n')), SHA256)
  return dump(tree).trimEnd().split('\n').slice(1)
}

describe('a line', () => {
  test.each<[string, string, string]>([
    ['inline', '/f 2 100644 1 1 2 0 3.4 - ab -', '/f 2 100644 1 1 2 0 3.4 - ab -'],
    ['empty content', '/f 0 100644 1 0 0 0 0.0 -  -', '/f 0 100644 1 0 0 0 0.0 - - -'],
    [
      'escapes',
      '/f 5 100644 1 0 0 0 0.0 - \\\\\\n\\r\\t\\x00 -',
      '/f 5 100644 1 0 0 0 0.0 - \\\\\\n\\r\\t\\x00 -',
    ],
    [
      'needless escapes',
      '/\\x41\\x4A 1 100644 1 0 0 0 0.0 - \\x42 -',
      '/AJ 1 100644 1 0 0 0 0.0 - B -',
    ],
    [
      'raw bytes',
      '/\xff\x7f\x0b 1 100644 1 0 0 0 0.0 - \x01 -',
      '/\\xff\\x7f\\x0b 1 100644 1 0 0 0 0.0 - \\x01 -',
    ],
    ['a dash as content', '/f 1 100644 1 0 0 0 0.0 - \\x2d -', '/f 1 100644 1 0 0 0 0.0 - \\x2d -'],
    [
      'a name with an equals sign',
      '/a=b 0 100644 1 0 0 0 0.0 - - -',
      '/a=b 0 100644 1 0 0 0 0.0 - - -',
    ],
    ['sparse', '/f 7 100644 1 0 0 0 0.0 - - -', '/f 7 100644 1 0 0 0 0.0 - - -'],
    [
      'external',
      `/f 9 100644 1 0 0 0 0.0 ${PATH} - ${HEX}`,
      `/f 9 100644 1 0 0 0 0.0 ${PATH} - ${HEX}`,
    ],
    [
      'external, digest in capitals',
      `/f 9 100644 1 0 0 0 0.0 ${PATH} - ${HEX.toUpperCase()}`,
      `/f 9 100644 1 0 0 0 0.0 ${PATH} - ${HEX}`,
    ],
    [
      'external, path in capitals: a payload',
      `/f 9 100644 1 0 0 0 0.0 ${PATH.toUpperCase()} - ${HEX}`,
      `/f 9 100644 1 0 0 0 0.0 ${PATH.toUpperCase()} - ${HEX}`,
    ],
    [
      'external, path escaped',
      `/f 9 100644 1 0 0 0 0.0 \\x35${PATH.slice(1)} - ${HEX} a=`,
      `/f 9 100644 1 0 0 0 0.0 ${PATH} - ${HEX} a=`,
    ],
    [
      'external with a payload',
      `/f 9 100644 1 0 0 0 0.0 x/\\x20y - ${HEX}`,
      `/f 9 100644 1 0 0 0 0.0 x/\\x20y - ${HEX}`,
    ],
    [
      'external with a dash as payload',
      `/f 9 100644 1 0 0 0 0.0 \\x2d - ${HEX}`,
      `/f 9 100644 1 0 0 0 0.0 \\x2d - ${HEX}`,
    ],
    [
      'external without verity',
      `/f 9 100644 1 0 0 0 0.0 ${PATH} - -`,
      `/f 9 100644 1 0 0 0 0.0 ${PATH} - -`,
    ],
    [
      'external without verity or object',
      '/f 9 100644 1 0 0 0 0.0 a/b.file - -',
      '/f 9 100644 1 0 0 0 0.0 a/b.file - -',
    ],
    [
      'external of 0 bytes',
      `/f 0 100644 1 0 0 0 0.0 ${PATH} - ${HEX}`,
      `/f 0 100644 1 0 0 0 0.0 ${PATH} - ${HEX}`,
    ],
    [
      'the largest size',
      '/f 9007199254740992 100644 1 0 0 0 0.0 - - -',
      '/f 9007199254740992 100644 1 0 0 0 0.0 - - -',
    ],
    [
      'leading zeros',
      `/f ${'0'.repeat(40)}7 0100644 01 00 00 00 ${'0'.repeat(30)}1.00 - - -`,
      '/f 7 100644 1 0 0 0 1.0 - - -',
    ],
    ['higher mode bits', '/f 0 777100644 1 0 0 0 0.0 - - -', '/f 0 100644 1 0 0 0 0.0 - - -'],
    ['all permissions', '/f 0 107777 1 0 0 0 0.0 - - -', '/f 0 107777 1 0 0 0 0.0 - - -'],
    [
      'a wrong link count',
      '/f 0 100644 4294967295 0 0 0 0.0 - - -',
      '/f 0 100644 1 0 0 0 0.0 - - -',
    ],
    [
      'large owners',
      '/f 0 100644 1 4294967295 4294967294 0 0.0 - - -',
      '/f 0 100644 1 4294967295 4294967294 0 0.0 - - -',
    ],
    [
      'a time before 1970',
      '/f 0 100644 1 0 0 0 -5.999999999 - - -',
      '/f 0 100644 1 0 0 0 -5.999999999 - - -',
    ],
    [
      "the same in two's complement",
      '/f 0 100644 1 0 0 0 18446744073709551611.0 - - -',
      '/f 0 100644 1 0 0 0 -5.0 - - -',
    ],
    [
      'the first time',
      '/f 0 100644 1 0 0 0 -9223372036854775808.0 - - -',
      '/f 0 100644 1 0 0 0 -9223372036854775808.0 - - -',
    ],
    [
      'the last time',
      '/f 0 100644 1 0 0 0 9223372036854775807.0 - - -',
      '/f 0 100644 1 0 0 0 9223372036854775807.0 - - -',
    ],
    [
      'a time above 53 bits',
      '/f 0 100644 1 0 0 0 9007199254740993.0 - - -',
      '/f 0 100644 1 0 0 0 9007199254740993.0 - - -',
    ],
    [
      'a symlink, its size ignored',
      '/s 99 120777 1 0 0 0 0.0 a\\x20b - -',
      '/s 3 120777 1 0 0 0 0.0 a\\x20b - -',
    ],
    [
      'a device',
      '/c 18446744073709551615 20600 1 0 0 4294967295 0.0 - - -',
      '/c 0 20600 1 0 0 4294967295 0.0 - - -',
    ],
    ['a whiteout', '/c 0 20600 1 0 0 0 0.0 - - -', '/c 0 20600 1 0 0 0 0.0 - - -'],
    ['an ignored payload', '/p 0 10600 1 0 0 0 0.0 x\\x20y - -', '/p 0 10600 1 0 0 0 0.0 - - -'],
    ['a socket', '/s 0 140600 1 0 0 0 0.0 - - -', '/s 0 140600 1 0 0 0 0.0 - - -'],
    ['a long name', `/${LONG} 0 100644 1 0 0 0 0.0 - - -`, `/${LONG} 0 100644 1 0 0 0 0.0 - - -`],
    [
      'xattrs in any order',
      '/f 0 100644 1 0 0 0 0.0 - - - user.b=1 user.a= user.ab=a=b\\x3dc',
      '/f 0 100644 1 0 0 0 0.0 - - - user.a= user.ab=a\\x3db\\x3dc user.b=1',
    ],
    [
      'xattrs of escapes and dashes',
      '/f 0 100644 1 0 0 0 0.0 - - - a\\x20\\x3db=- -=\\x00',
      '/f 0 100644 1 0 0 0 0.0 - - - -=\\x00 a\\x20\\x3db=-',
    ],
    [
      'a long xattr',
      `/f 0 100644 1 0 0 0 0.0 - - - ${LONG}=${'v'.repeat(65535)}`,
      `/f 0 100644 1 0 0 0 0.0 - - - ${LONG}=${'v'.repeat(65535)}`,
    ],
    [
      'a carriage return at its end',
      '/f 1 100644 1 0 0 0 0.0 - a -\r',
      '/f 1 100644 1 0 0 0 0.0 - a -',
    ],
  ])('of %s', (_, line, expected) => {
    expect(canonical(line)).toEqual([expected])
  })

  test('of white space is skipped, the last newline may be missing', () => {
    const text = `\n \t\r\n${ROOT_LINE}\r\n\x0b\x0c\n/f 0 100644 1 0 0 0 0.0 - - -`
    expect(dump(parseDump(bytes(text), SHA256))).toBe(
      `${ROOT_LINE}\n/f 0 100644 1 0 0 0 0.0 - - -\n`,
    )
  })

  test('of a hard link needs its path, mode and payload alone', () => {
    const file = '/a 0 100644 1 0 0 0 0.0 - - - user.x=1'
    expect(canonical(file, '/b x @100000 ? ? ? ? ? /a', '/c  @120777      /b \\ \\x ')).toEqual([
      '/a 0 100644 3 0 0 0 0.0 - - - user.x=1',
      '/b 0 @120000 - - - - 0.0 /a - -',
      '/c 0 @120000 - - - - 0.0 /a - -',
    ])
  })

  test('of a hard link that comes first in order takes over', () => {
    expect(
      canonical('/b 0 100644 1 0 0 0 0.0 - - -', '/a\\x20 0 @100000 - - - - 0.0 /b - -'),
    ).toEqual(['/a\\x20 0 100644 2 0 0 0 0.0 - - -', '/b 0 @120000 - - - - 0.0 /a\\x20 - -'])
  })

  test('with sha512 digests', () => {
    const hex = 'c3'.repeat(64)
    const text = `${ROOT_LINE}\n/f 9 100644 1 0 0 0 0.0 c3/${hex.slice(2)} - ${hex}\n`
    expect(dump(parseDump(bytes(text), SHA512))).toBe(text)
  })
})

describe('refuses', () => {
  const F = '0.0 - - -'
  test.each<[string, string | string[], TreeErrorCode, string]>([
    ['a missing field', '/f 0 100644 1 0 0 0 0.0 - -', 'ERR_TREE_DUMP_SYNTAX', 'DIGEST'],
    ['one field', '/f', 'ERR_TREE_DUMP_SYNTAX', 'SIZE'],
    [
      'a missing field of a hard link',
      '/f 0 @100644 1 0 0 0 0.0',
      'ERR_TREE_DUMP_SYNTAX',
      'PAYLOAD',
    ],
    ['two spaces', '/f  0 100644 1 0 0 0 0.0 - - -', 'ERR_TREE_DUMP_SYNTAX', 'SIZE'],
    ['a space at the end', '/f 0 100644 1 0 0 0 0.0 - - - ', 'ERR_TREE_DUMP_SYNTAX', 'xattr'],
    [
      'a space behind a digest',
      `/f 9 100644 1 0 0 0 0.0 ${PATH} - ${HEX} `,
      'ERR_TREE_DUMP_SYNTAX',
      'xattr',
    ],
    [
      'two spaces before an xattr',
      '/f 0 100644 1 0 0 0 0.0 - - -  a=b',
      'ERR_TREE_DUMP_SYNTAX',
      'xattr',
    ],
    ['a space at the beginning', ' /f 0 100644 1 0 0 0 0.0 - -', 'ERR_TREE_DUMP_SYNTAX', 'SIZE'],
    ['a raw NUL', `/f\0 0 100644 1 0 0 0 ${F}`, 'ERR_TREE_BAD_NAME', 'PATH'],
    ['a raw NUL in content', '/f 1 100644 1 0 0 0 0.0 - \0 -', 'ERR_TREE_DUMP_SYNTAX', 'CONTENT'],
    ['a raw NUL in an xattr', `/f 0 100644 1 0 0 0 ${F} a=\0`, 'ERR_TREE_DUMP_SYNTAX', 'xattr'],
    ['no path', ` 0 100644 1 0 0 0 ${F}`, 'ERR_TREE_BAD_NAME', 'PATH'],
    ['a path of a dash', `- 0 100644 1 0 0 0 ${F}`, 'ERR_TREE_BAD_NAME', 'PATH'],
    ['a slash at the end', `/f/ 0 40755 1 0 0 0 ${F}`, 'ERR_TREE_BAD_NAME', 'PATH'],
    ['a name of one dot', `/. 0 40755 1 0 0 0 ${F}`, 'ERR_TREE_BAD_NAME', 'PATH'],
    ['one dot on the way', `/./f 0 40755 1 0 0 0 ${F}`, 'ERR_TREE_BAD_NAME', 'PATH'],
    ['an escaped slash too many', `/\\x2ff 0 100644 1 0 0 0 ${F}`, 'ERR_TREE_BAD_NAME', 'PATH'],
    [
      'a path of 4097 bytes',
      `${'/d'.repeat(2048)}x 0 100644 1 0 0 0 ${F}`,
      'ERR_TREE_BAD_NAME',
      'PATH',
    ],
    ['a long name on the way', `/${LONG}y/f 0 100644 1 0 0 0 ${F}`, 'ERR_TREE_BAD_NAME', 'PATH'],
    ['an escape cut off', `/f\\x4 0 100644 1 0 0 0 ${F}`, 'ERR_TREE_DUMP_SYNTAX', 'PATH'],
    ['a backslash at the end', `/f\\ 0 100644 1 0 0 0 ${F}`, 'ERR_TREE_DUMP_SYNTAX', 'PATH'],
    ['a sign in an escape', '/f 1 100644 1 0 0 0 0.0 - \\x+f -', 'ERR_TREE_DUMP_SYNTAX', 'CONTENT'],
    ['a missing parent', `/d/f 0 100644 1 0 0 0 ${F}`, 'ERR_TREE_DUMP_NO_PARENT', 'PATH'],
    [
      'a file as parent',
      [`/f 0 100644 1 0 0 0 ${F}`, `/f/x 0 100644 1 0 0 0 ${F}`],
      'ERR_TREE_NOT_A_DIRECTORY',
      'PATH',
    ],
    [
      'a path twice',
      [`/f 0 100644 1 0 0 0 ${F}`, `/f 0 100644 1 0 0 0 ${F}`],
      'ERR_TREE_EXISTS',
      'PATH',
    ],
    ['a second root', ROOT_LINE, 'ERR_TREE_DUMP_ROOT', 'PATH'],
    [
      'a root that is a hard link',
      [`/f 0 100644 1 0 0 0 ${F}`, '/ 0 @100644 - - - - 0.0 /f - -'],
      'ERR_TREE_DUMP_ROOT',
      'PATH',
    ],
    ['a size with a sign', `/f +1 100644 1 0 0 0 ${F}`, 'ERR_TREE_DUMP_SYNTAX', 'SIZE'],
    [
      'a size above 64 bits',
      `/d 18446744073709551616 40755 1 0 0 0 ${F}`,
      'ERR_TREE_DUMP_SYNTAX',
      'SIZE',
    ],
    [
      'a size of very many digits',
      `/d ${'9'.repeat(100000)} 40755 1 0 0 0 ${F}`,
      'ERR_TREE_DUMP_SYNTAX',
      'SIZE',
    ],
    [
      'a file above 2^53',
      `/f 9007199254740993 100644 1 0 0 0 ${F}`,
      'ERR_TREE_BAD_CONTENT',
      'SIZE',
    ],
    [
      'an object above 2^53',
      `/f 9007199254740993 100644 1 0 0 0 0.0 ${PATH} - ${HEX}`,
      'ERR_TREE_BAD_CONTENT',
      'SIZE',
    ],
    ['an empty mode', `/f 0  1 0 0 0 ${F}`, 'ERR_TREE_DUMP_SYNTAX', 'MODE'],
    ['a mode above 32 bits', `/f 0 40000100644 1 0 0 0 ${F}`, 'ERR_TREE_DUMP_SYNTAX', 'MODE'],
    ['an unknown type', `/f 0 110644 1 0 0 0 ${F}`, 'ERR_TREE_DUMP_SYNTAX', 'MODE'],
    [
      'a link count above 32 bits',
      `/f 0 100644 4294967296 0 0 0 ${F}`,
      'ERR_TREE_DUMP_SYNTAX',
      'NLINK',
    ],
    ['a uid above 32 bits', `/f 0 100644 1 4294967296 0 0 ${F}`, 'ERR_TREE_DUMP_SYNTAX', 'UID'],
    ['no gid', `/f 0 100644 1 0  0 ${F}`, 'ERR_TREE_DUMP_SYNTAX', 'GID'],
    ['a device number of a fifo', `/f 0 10644 1 0 0 1 ${F}`, 'ERR_TREE_DUMP_CONTRADICTION', 'RDEV'],
    [
      'a device number above 32 bits',
      `/f 0 20644 1 0 0 4294967296 ${F}`,
      'ERR_TREE_DUMP_SYNTAX',
      'RDEV',
    ],
    ['a time with two dots', '/f 0 100644 1 0 0 0 0.0.0 - - -', 'ERR_TREE_DUMP_SYNTAX', 'MTIME'],
    ['a time of a dash', '/f 0 100644 1 0 0 0 -.0 - - -', 'ERR_TREE_DUMP_SYNTAX', 'MTIME'],
    ['no seconds', '/f 0 100644 1 0 0 0 .0 - - -', 'ERR_TREE_DUMP_SYNTAX', 'MTIME'],
    ['no nanoseconds', '/f 0 100644 1 0 0 0 0. - - -', 'ERR_TREE_DUMP_SYNTAX', 'MTIME'],
    ['nanoseconds below zero', '/f 0 100644 1 0 0 0 0.-1 - - -', 'ERR_TREE_DUMP_SYNTAX', 'MTIME'],
    [
      'a time above 64 bits',
      '/f 0 100644 1 0 0 0 18446744073709551616.0 - - -',
      'ERR_TREE_DUMP_SYNTAX',
      'MTIME',
    ],
    [
      'a time below 64 bits',
      '/f 0 100644 1 0 0 0 -9223372036854775809.0 - - -',
      'ERR_TREE_DUMP_SYNTAX',
      'MTIME',
    ],
    ['an empty payload', '/f 5 100644 1 0 0 0 0.0  - -', 'ERR_TREE_BAD_CONTENT', 'PAYLOAD'],
    ['an empty target', '/f 5 120644 1 0 0 0 0.0  - -', 'ERR_TREE_BAD_CONTENT', 'PAYLOAD'],
    [
      'a bad payload of a directory',
      '/d 0 40755 1 0 0 0 0.0 \\y - -',
      'ERR_TREE_DUMP_SYNTAX',
      'PAYLOAD',
    ],
    [
      'a NUL in the payload of a fifo',
      '/d 0 10755 1 0 0 0 0.0 \\x00 - -',
      'ERR_TREE_DUMP_SYNTAX',
      'PAYLOAD',
    ],
    [
      'content of a directory',
      '/d 0 40755 1 0 0 0 0.0 - x -',
      'ERR_TREE_DUMP_CONTRADICTION',
      'CONTENT',
    ],
    [
      'no content of a directory',
      '/d 0 40755 1 0 0 0 0.0 -  -',
      'ERR_TREE_DUMP_CONTRADICTION',
      'CONTENT',
    ],
    [
      'a digest of a directory',
      `/d 0 40755 1 0 0 0 0.0 - - ${HEX}`,
      'ERR_TREE_DUMP_CONTRADICTION',
      'DIGEST',
    ],
    [
      'an object of a directory',
      `/d 0 40755 1 0 0 0 0.0 ${PATH} - ${HEX}`,
      'ERR_TREE_DUMP_CONTRADICTION',
      'DIGEST',
    ],
    [
      'a digest without payload',
      `/f 9 100644 1 0 0 0 0.0 - - ${HEX}`,
      'ERR_TREE_DUMP_CONTRADICTION',
      'DIGEST',
    ],
    [
      'content and a digest',
      `/f 1 100644 1 0 0 0 0.0 - x ${HEX}`,
      'ERR_TREE_DUMP_CONTRADICTION',
      'CONTENT',
    ],
    ['no digest', `/f 9 100644 1 0 0 0 0.0 ${PATH} - `, 'ERR_TREE_DUMP_SYNTAX', 'DIGEST'],
    [
      'a digest with a space of another kind',
      `/f 9 100644 1 0 0 0 0.0 ${PATH} - ${HEX}\t`,
      'ERR_TREE_DUMP_SYNTAX',
      'DIGEST',
    ],
    [
      'content longer than its size',
      '/f 1 100644 1 0 0 0 0.0 - xy -',
      'ERR_TREE_DUMP_CONTRADICTION',
      'CONTENT',
    ],
    [
      'an xattr name of 256 bytes',
      `/f 0 100644 1 0 0 0 ${F} ${LONG}y=`,
      'ERR_TREE_BAD_XATTR',
      'xattr',
    ],
    ['a NUL in an xattr name', `/f 0 100644 1 0 0 0 ${F} a\\x00=`, 'ERR_TREE_BAD_XATTR', 'xattr'],
    [
      'an xattr twice, apart',
      `/f 0 100644 1 0 0 0 ${F} a=1 b=2 a=1`,
      'ERR_TREE_BAD_XATTR',
      'xattr',
    ],
    [
      'xattr names above 64 KiB together',
      `/f 0 100644 1 0 0 0 ${F} ${Array.from({ length: 258 }, (_, i) => `${i}${'x'.repeat(255 - `${i}`.length)}=`).join(' ')}`,
      'ERR_TREE_BAD_XATTR',
      'xattr',
    ],
    ['a bad escape in an xattr', `/f 0 100644 1 0 0 0 ${F} a=\\`, 'ERR_TREE_DUMP_SYNTAX', 'xattr'],
    ['text before a hard link', '/f 0 x@100644 - - - - 0.0 /f - -', 'ERR_TREE_DUMP_SYNTAX', 'MODE'],
    [
      'a hard link without target',
      '/f 0 @100644 - - - - 0.0 - - -',
      'ERR_TREE_BAD_LINK',
      'PAYLOAD',
    ],
    ['a hard link of no type', '/f 0 @644 - - - - 0.0 /f - -', 'ERR_TREE_DUMP_SYNTAX', 'MODE'],
    [
      'a hard link to a path that is none',
      [`/f 0 100644 1 0 0 0 ${F}`, '/g 0 @100644 - - - - 0.0 //f - -'],
      'ERR_TREE_BAD_LINK',
      'PAYLOAD',
    ],
    [
      'a hard link to a slash too many',
      [`/f 0 100644 1 0 0 0 ${F}`, '/g 0 @100644 - - - - 0.0 /f/ - -'],
      'ERR_TREE_BAD_LINK',
      'PAYLOAD',
    ],
    [
      'a hard link to a relative path',
      [`/f 0 100644 1 0 0 0 ${F}`, '/g 0 @100644 - - - - 0.0 f - -'],
      'ERR_TREE_BAD_LINK',
      'PAYLOAD',
    ],
    ['a hard link to the root', '/g 0 @100644 - - - - 0.0 / - -', 'ERR_TREE_BAD_LINK', 'PAYLOAD'],
    [
      'a hard link to a whiteout',
      [`/f 0 20644 1 0 0 0 ${F}`, '/g 0 @20644 - - - - 0.0 /f - -'],
      'ERR_TREE_BAD_LINK',
      'PAYLOAD',
    ],
    [
      'a hard link in place of a file',
      [`/f 0 100644 1 0 0 0 ${F}`, '/f 0 @100644 - - - - 0.0 /f - -'],
      'ERR_TREE_EXISTS',
      'PATH',
    ],
  ])('%s', (_, lines, code, field) => {
    const list = [ROOT_LINE, ...[lines].flat()]
    let error: unknown
    try {
      parseDump(bytes(list.join('\n')), SHA256)
    } catch (caught) {
      error = caught
    }
    if (!isTreeError(error)) throw error ?? new Error('it was accepted')
    expect({ code: error.code, field: error.facts.field }).toEqual({ code, field })
    expect(error.facts.line).toBe(list.length)
    expect(error.message).toMatch(new RegExp(`^line ${list.length}: ${field}: `))
    expect(error.message.length).toBeLessThan(300)
  })

  test.each([
    ['nothing', '', 'ERR_TREE_DUMP_ROOT'],
    ['white space', ' \n\n', 'ERR_TREE_DUMP_ROOT'],
    ['a first entry that is not the root', '/f 0 100644 1 0 0 0 0.0 - - -', 'ERR_TREE_DUMP_ROOT'],
    ['a root that is a file', '/ 0 100644 1 0 0 0 0.0 - - -', 'ERR_TREE_DUMP_ROOT'],
  ] as const)('%s', (_, text, code) => {
    expect(() => parseDump(bytes(text), SHA256)).toThrow(
      expect.toSatisfy(error => isTreeError(error, code)),
    )
  })
})

describe('a filtered dump', () => {
  const tree = parseDump(
    bytes(
      [
        ROOT_LINE,
        '/a 0 40755 2 0 0 0 0.0 - - -',
        '/a/x 1 100644 1 0 0 0 0.0 - x -',
        '/b 0 40755 2 0 0 0 0.0 - - -',
        '/b/y 0 @100644 - - - - 0.0 /a/x - -',
        '/b/z 0 @100644 - - - - 0.0 /a/x - -',
        '/c 0 100644 1 0 0 0 0.0 - - -',
      ].join('\n'),
    ),
    SHA256,
  )

  test.each([
    ['all', undefined, ['/', '/a', '/a/x', '/b', '/b/y', '/b/z', '/c']],
    ['nothing', [], ['/']],
    ['two, in any order', ['c', 'a'], ['/', '/a', '/a/x', '/c']],
    ['one that is not there', ['x', 'c', 'c', ''], ['/', '/c']],
  ])('of %s', (_, filter, expected) => {
    const paths = dump(tree, filter)
      .trimEnd()
      .split('\n')
      .map(line => line.split(' ')[0])
    expect(paths).toEqual(expected)
  })

  test('makes another name of a leaf the first', () => {
    expect(dump(tree, ['b']).split('\n').slice(2, 4)).toEqual([
      '/b/y 1 100644 3 0 0 0 0.0 - x -',
      '/b/z 0 @120000 - - - - 0.0 /b/y - -',
    ])
  })
})

describe('lines of other listings', () => {
  test('of an entry', () => {
    const entry = {
      path: encodeUtf8(''),
      size: 3,
      mode: 0o100644,
      nlink: 1,
      uid: 0,
      gid: 0,
      rdev: 2n ** 44n,
      mtimeSeconds: -2n,
      mtimeNanoseconds: 5000,
      content: encodeUtf8('a b'),
      xattrs: [
        { name: encodeUtf8('user.b='), value: encodeUtf8('-') },
        { name: encodeUtf8('user.a'), value: new Uint8Array(0) },
      ],
    }
    expect(showUtf8(formatDumpEntry(entry))).toBe(
      '- 3 100644 1 0 0 17592186044416 -2.5000 - a\\x20b - user.a= user.b\\x3d=-\n',
    )
  })

  test('of a hard link', () => {
    expect(showUtf8(formatDumpHardlink(encodeUtf8('/a b'), encodeUtf8('-')))).toBe(
      '/a\\x20b 0 @120000 - - - - 0.0 \\x2d - -\n',
    )
  })

  test.each([
    ['', '-', ''],
    ['-', '\\x2d', '-'],
    ['--', '--', '--'],
    ['a=b', 'a=b', 'a\\x3db'],
    ['\\\n\r\t \x7f\xff~!', '\\\\\\n\\r\\t\\x20\\x7f\\xff~!', '\\\\\\n\\r\\t\\x20\\x7f\\xff~!'],
  ])('escape %j', (text, field, xattr) => {
    expect(showUtf8(escapeField(bytes(text)))).toBe(field)
    expect(showUtf8(escapeXattr(bytes(text)))).toBe(xattr)
    expect(unescapeField(escapeXattr(bytes(text)))).toEqual(bytes(text))
  })

  test('escapes come back, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), data => {
        expect(unescapeField(escapeXattr(data))).toEqual(data)
      }),
    )
  })

  test.each(['\\', '\\x', '\\x4', '\\x4g', '\\q', 'a\\'])('refuse to unescape %j', text => {
    expect(unescapeField(bytes(text))).toBeUndefined()
  })
})

describe('a generated dump', () => {
  const text = `${[...generateDump(3000, 7)].join('\n')}\n`
  const data = encodeUtf8(text)

  test('comes back the same', () => {
    const tree = parseDump(data, SHA256)
    const written = dump(tree)
    const again = parseDump(bytes(written), SHA256)
    expect([...diffTrees(tree, again)]).toEqual([])
    expect(dump(again)).toBe(written)
  })

  test('comes back the same in pieces of any size', () => {
    const whole = dump(parseDump(data, SHA256))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), size => {
        const parser = new DumpParser(SHA256)
        const piece = new Uint8Array(size)
        for (let at = 0; at < data.length; at += size) {
          const part = data.subarray(at, at + size)
          // The parser must not keep what it was given.
          piece.set(part)
          parser.write(piece.subarray(0, part.length))
          piece.fill(0)
        }
        expect(dump(parser.finish())).toBe(whole)
      }),
      { numRuns: 5 },
    )
  })

  test('is read the same line by line, where no line is taken for a plain one', () => {
    const lines = text.split('\n').slice(0, 80)
    const odd = fc.constantFrom(
      ' ',
      '-',
      '/',
      '.',
      '0',
      '9',
      '@',
      '=',
      '\\',
      '\\x2f',
      '\\x00',
      '\r',
      '\0',
      '\xe9',
    )
    const change = fc.record({ at: fc.nat(300), cut: fc.nat(2), insert: odd, line: fc.nat(79) })
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 2 }),
        fc.constantFrom('\n', '\r\n'),
        (changes, end) => {
          const changed = lines.slice()
          for (const { at, cut, insert, line } of changes) {
            const old = changed[line] ?? ''
            const place = old.length === 0 ? 0 : at % old.length
            changed[line] = old.slice(0, place) + insert + old.slice(place + cut)
          }
          const whole = bytes(changed.join(end) + end)
          expect(outcome(parser => parser.write(whole))).toEqual(
            outcome(parser => {
              // A line that begins in an earlier piece is not looked at as a plain one.
              for (let at = 0; at < whole.length; ) {
                const newline = whole.indexOf(0x0a, at)
                parser.write(whole.subarray(at, newline))
                parser.write(whole.subarray(newline, newline + 1))
                at = newline + 1
              }
            }),
          )
        },
      ),
      { numRuns: 100 },
    )
  })

  test('with damage gives a tree or our own error', () => {
    const sample = data.subarray(0, 20_000)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(sample.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        changes => {
          const damaged = sample.slice()
          for (const [at, byte] of changes) damaged[at] = byte
          try {
            const tree = parseDump(damaged, SHA256)
            expect(dump(parseDump(bytes(dump(tree)), SHA256))).toBe(dump(tree))
          } catch (error) {
            if (!isTreeError(error)) throw error
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test('a line without end is refused at a limit', () => {
    const parser = new DumpParser(SHA256)
    const piece = new Uint8Array(2 ** 24).fill(0x61)
    expect(() => {
      for (let i = 0; i < 16; i++) parser.write(piece)
    }).toThrow(expect.toSatisfy(error => isTreeError(error, 'ERR_TREE_DUMP_SYNTAX')))
  })
})

describe('differences', () => {
  const lines = [
    ROOT_LINE,
    '/a 1 100644 1 0 0 0 0.0 - x -',
    '/b 0 40755 2 0 0 0 0.0 - - -',
    '/b/c 0 @100644 - - - - 0.0 /a - -',
    '/d 1 120777 1 0 0 0 0.0 t - -',
    '/e 0 20600 1 0 0 5 0.0 - - -',
    `/f 9 100644 1 0 0 0 0.0 ${PATH} - ${HEX}`,
  ]

  test.each<[string, number, string | undefined, string[]]>([
    ['nothing', 0, ROOT_LINE, []],
    ['the mode of the root', 0, ROOT_LINE.replace('755', '700'), ['/ changed mode']],
    [
      'owner, time and xattrs',
      1,
      '/a 1 100644 1 0 3 0 0.1 - x - user.a=',
      ['/a changed owner,mtime,xattrs'],
    ],
    ['content', 1, '/a 1 100644 1 0 0 0 0.0 - y -', ['/a changed content']],
    ['a directory that is gone', 2, undefined, ['/b removed ', '/b/c removed ']],
    ['a link that is none', 3, '/b/c 1 100644 1 0 0 0 0.0 - x -', ['/b/c changed links']],
    ['a target', 4, '/d 1 120777 1 0 0 0 0.0 u - -', ['/d changed target']],
    ['another type', 4, '/d 0 10777 1 0 0 0 0.0 - - -', ['/d changed type']],
    ['a device', 5, '/e 0 20600 1 0 0 6 0.0 - - -', ['/e changed device']],
    ['a payload', 6, `/f 9 100644 1 0 0 0 0.0 x - ${HEX}`, ['/f changed content']],
    ['verity', 6, `/f 9 100644 1 0 0 0 0.0 ${PATH} - -`, ['/f changed content']],
    ['a name', 6, '/g 0 100644 1 0 0 0 0.0 - - -', ['/f removed ', '/g added ']],
  ])('of %s', (_, at, line, expected) => {
    const other =
      line === undefined ? lines.filter(each => !each.startsWith('/b')) : lines.with(at, line)
    const a = parseDump(bytes(lines.join('\n')), SHA256)
    const b = parseDump(bytes(other.join('\n')), SHA256)
    const show = (from: FileTree, to: FileTree) =>
      [...diffTrees(from, to)].map(each => `${showUtf8(each.path)} ${each.change} ${each.parts}`)
    expect(show(a, b)).toEqual(expected)
    const back = expected.map(each =>
      each.replace(/removed|added/, word => (word === 'added' ? 'removed' : 'added')),
    )
    expect(show(b, a)).toEqual(back)
  })
})
