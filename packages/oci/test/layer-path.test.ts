import { encodeUtf8, showUtf8 } from '@composefs/bytes'
import { expect, test } from 'vitest'
import { parseLayerPath } from '../src/layer.ts'

test.each([
  ['', 'root'],
  ['/', 'root'],
  ['/./', 'root'],
  ['/usr', 'entry', 'usr'],
  ['/usr/./bin//sh', 'entry', 'usr', 'bin', 'sh'],
  ['/usr/.wh.doc', 'whiteout', 'usr', 'doc'],
  ['/.wh.a', 'whiteout', 'a'],
  ['/usr/.wh..wh..opq', 'opaque', 'usr'],
  ['/.wh..wh..opq', 'opaque'],
  ['/.wh..wh.plnk/1.2', 'bookkeeping'],
  ['/usr/.wh..wh.aufs', 'bookkeeping'],
  ['/usr/.why', 'entry', 'usr', '.why'],
])('%s is of kind %s', (path, kind, ...components) => {
  const parsed = parseLayerPath(encodeUtf8(path))
  const parents = 'parents' in parsed ? parsed.parents : []
  const names = 'name' in parsed ? [...parents, parsed.name] : parents
  expect([parsed.kind, ...names.map(showUtf8)]).toEqual([kind, ...components])
})

test.each([
  ['/../etc', 'ERR_OCI_TREE_BAD_PATH'],
  ['/usr/..', 'ERR_OCI_TREE_BAD_PATH'],
  ['/usr/.wh.', 'ERR_OCI_TREE_BAD_WHITEOUT'],
  ['/usr/.wh...', 'ERR_OCI_TREE_BAD_WHITEOUT'],
  [`${'/a'.repeat(5000)}`, 'ERR_OCI_TREE_TOO_DEEP'],
])('%.20s is refused', (path, code) => {
  expect(() => parseLayerPath(encodeUtf8(path))).toThrow(expect.objectContaining({ code }))
})
