import { code, type Item, type Page, paragraph, section, sentence } from './page.ts'

/** Fields of an entry, in their order. */
const FIELDS: readonly (readonly [name: string, meaning: string])[] = [
  ['PATH', 'Absolute path of the entry. Escaped.'],
  ['SIZE', 'Size of a regular file in bytes, decimal. Written as 0 for directories.'],
  [
    'MODE',
    'Type and permissions in octal, as `st_mode` has them: `100644` is a regular file. With `@` in front the entry is a hard link.',
  ],
  ['NLINK', 'Number of links, decimal. It is checked to be a number; links are counted.'],
  ['UID', 'Owner, decimal.'],
  ['GID', 'Group, decimal.'],
  ['RDEV', "Device number in the kernel's 32-bit form, decimal; 0 for what is no device."],
  [
    'MTIME',
    'Seconds, a dot, nanoseconds: two whole numbers, so `1.5` is one second and 5 nanoseconds.',
  ],
  [
    'PAYLOAD',
    'Target of a symbolic link, path of the object of a regular file that is stored outside, or target of a hard link. Escaped.',
  ],
  ['CONTENT', 'Content of a regular file that is stored in the image. Escaped.'],
  ['DIGEST', 'fs-verity digest of a regular file that is stored outside, in hexadecimal digits.'],
  [
    'NAME=VALUE',
    'Any number of extended attributes. Both parts are escaped, and `=` in them is written as `\\x3d`.',
  ],
]

const KINDS: readonly (readonly [name: string, meaning: string])[] = [
  [
    'Content in the image',
    'CONTENT holds SIZE bytes, PAYLOAD and DIGEST are `-`. Images of version 0 and 1 take at most 5000 bytes.',
  ],
  ['Content in an object', 'PAYLOAD is the path of the object, CONTENT is `-`, DIGEST is given.'],
  [
    'Object without digest',
    'As before with `-` for DIGEST: nothing can be checked when the file is read.',
  ],
  ['Empty', 'SIZE is 0, and the three others are `-`.'],
  [
    'Sparse',
    'SIZE is greater than 0, and the three others are `-`: as many zero bytes, of which none is stored.',
  ],
]

const ESCAPES: readonly (readonly [name: string, meaning: string])[] = [
  ['\\\\', 'A backslash.'],
  ['\\n, \\r, \\t', 'Newline, carriage return and tab.'],
  ['\\xHH', 'The byte of this value, two hexadecimal digits.'],
]

/** composefs-dump(5): what the page says comes from docs/formats/dumpfile.md. */
export const dumpFormatPage: Page = {
  name: 'composefs-dump',
  section: 5,
  summary: 'The text form of a file tree',
  sections: [
    ...section('Description', [
      paragraph(
        'A dump file describes a whole file tree: names, metadata, extended attributes, and where the content of files is. `mkcomposefs --from-file` makes an image of it; `composefs-info dump`, `cfsctl create-dumpfile` and `cfsctl oci dump` write it. From a dump to an image and back nothing is lost.',
      ),
      paragraph(
        'It consists of bytes, not of characters. One entry stands on a line, and a line has eleven fields or more, between single blanks:',
      ),
      {
        kind: 'code',
        lines: ['PATH SIZE MODE NLINK UID GID RDEV MTIME PAYLOAD CONTENT DIGEST [NAME=VALUE ...]'],
      },
      paragraph(
        'The first entry is the root directory `/`. Every directory stands before what is in it; the order is free otherwise, and no path stands twice. A dump that is written has its entries depth first, names in the order of their bytes.',
      ),
    ]),
    ...section('Fields', [{ kind: 'list', items: FIELDS.map(item) }]),
    ...section('Regular files', [
      paragraph('Which fields are given tells where the content of a file is:'),
      { kind: 'list', items: KINDS.map(([name, meaning]) => item([name, meaning])) },
      paragraph(
        'The path of an object is its digest with a slash behind the first two digits. SHA-256 has 64 digits, SHA-512 has 128; a dump does not say which of them it is about, and `mkcomposefs` always takes the first.',
      ),
    ]),
    ...section('Hard links', [
      paragraph(
        'The first name of a file has a line like any other. Each further name has one with `@` before its MODE, and the first name as its PAYLOAD. Nothing else of such a line counts:',
      ),
      { kind: 'code', lines: ['/bin/sh 0 @120000 - - - - 0.0 /bin/dash - -'] },
      paragraph(
        'The C tools repeat the numbers of the file there, which is read as well. A target has to stand above, and is neither a directory nor a whiteout.',
      ),
    ]),
    ...section('Escapes', [
      { kind: 'list', items: ESCAPES.map(item) },
      paragraph(
        'Every byte that is no printable character of ASCII is written as an escape, and a blank as `\\x20`. In PAYLOAD, CONTENT and DIGEST a single `-` stands for none; a value of one dash is written `\\x2d`.',
      ),
    ]),
    ...section('Examples', [
      {
        kind: 'code',
        lines: [
          '/ 0 40755 3 0 0 0 1700000000.0 - - -',
          '/a\\x20file 5 100644 2 1000 1000 0 1700000000.25 - hello -',
          '/dev 0 40755 2 0 0 0 1700000000.0 - - -',
          '/dev/null 0 20666 1 0 0 259 1700000000.0 - - -',
          '/dev/same 0 @120000 - - - - 0.0 /a\\x20file - -',
          '/link 8 120777 1 0 0 0 1700000000.0 dev/null - - user.note=by\\x20hand',
        ],
      },
    ]),
    ...section('See also', [
      {
        kind: 'paragraph',
        text: sentence('`mkcomposefs`(1), `composefs-info`(1), `cfsctl-create-dumpfile`(1)'),
      },
    ]),
  ],
}

function item([name, meaning]: readonly [name: string, meaning: string]): Item {
  return { term: [code(name)], meaning: sentence(meaning) }
}
