import type { OutputFields } from '../command.ts'
import { within } from './output-fields.ts'

const operandFields = {
  name: 'as it was named',
  kind: '`oci`, `image`, `image-file`, `dump` or `directory`',
  id: 'fs-verity digest of its image; null where there is none',
  algorithm: 'hash of its digests',
  erofs_version: 'format of its image',
} as const satisfies OutputFields

/** What is compared. */
export const comparedFields = {
  ...within('a', operandFields),
  ...within('b', operandFields),
} satisfies OutputFields

const sideFields = {
  type: '`directory`, `regular`, `symlink`, `chr`, `blk`, `fifo` or `socket`',
  mode: 'permissions, as a number',
  uid: 'owner',
  gid: 'group',
  nlink: 'number of links',
  size: 'bytes',
  mtime: 'time of the last change',
  rdev: 'device number',
  target: 'target of a symbolic link',
  content_base64: 'content that is in the image',
  object: 'path of the object with the content, below objects/',
  digest: 'fs-verity digest of the content',
  xattrs: 'extended attributes by name',
  hard_link_to: 'first name of the file, where that is another one',
} as const satisfies OutputFields

/** One name that is not the same on both sides, where only one of them has it the other is null. */
export const differenceFields = {
  path: 'path in the tree',
  change: '`added`, `removed` or `changed`',
  'parts[]':
    'what is not the same: `type`, `mode`, `owner`, `mtime`, `xattrs`, `content`, `target`, `device`, `links`',
  ...within('a', sideFields),
  ...within('b', sideFields),
} satisfies OutputFields
