import { encodeUtf8 } from '@composefs/bytes'
import { encodeImage, openImage } from '@composefs/erofs'
import { fsverityDigest, nobleHashing, SHA256 } from '@composefs/fsverity'
import { FileTree, ROOT } from '@composefs/tree'
import { expect, test } from 'vitest'
import { reportDocument, reportPage, reportTree } from '../src/index.ts'
import { PLAIN } from './browser/made-up-trees.ts'

function digestOf(content: Uint8Array) {
  return fsverityDigest(content, { algorithm: SHA256, hashing: nobleHashing })
}

const ZEROS = digestOf(new Uint8Array(1000))

/** A file in the image, and one content that two files have. */
function smallTree(): FileTree {
  const tree = new FileTree(SHA256, PLAIN)
  const data = encodeUtf8('tiny')
  tree.addLeaf(ROOT, encodeUtf8('inline'), PLAIN, { kind: 'inline', data })
  for (const name of ['a', 'b']) {
    tree.addLeaf(ROOT, encodeUtf8(name), PLAIN, { kind: 'external', digest: ZEROS, size: 1000 })
  }
  return tree
}

test('a tree without a repository, through an image file and as it is', () => {
  const bytes = encodeImage(smallTree(), { version: 1 })
  const imageId = digestOf(bytes)
  const tree = openImage(bytes).toTree(SHA256)
  const report = reportTree({ name: 'app.erofs', tree, imageId })
  expect(reportDocument(report)).toMatchObject({
    subject: { kind: 'image', name: 'app.erofs', repository: null, algorithm: 'sha256' },
    images: [
      { kind: 'erofs', image_id: imageId.hex, files: 3, bytes: 2004, inline_bytes: 4, layers: [] },
    ],
    objects: { objects: 1, bytes: 1000 },
    duplicates: { repeated_bytes: 1000, rows: [{ copies: 2, object: ZEROS.hex }] },
    hidden: { total: 0 },
    stored: null,
  })
  const bare = reportTree({ name: 'app.dump', tree: smallTree(), imageId: undefined })
  expect(reportDocument(bare).images).toMatchObject([{ kind: 'tree', image_id: null }])
  expect({ ...bare, subject: report.subject, images: [] }).toEqual({ ...report, images: [] })
})

test('rows bound its lists', () => {
  const report = reportTree({ name: 'x', tree: smallTree(), imageId: undefined }, { rows: 1 })
  expect(report.largest).toMatchObject({ total: 3, rows: [{ bytes: 1000 }] })
})

test('the page of it names no repository', () => {
  const report = reportTree({ name: 'x', tree: smallTree(), imageId: undefined })
  const repository = '"repository":'
  const subject = { ...report.subject, repository: '/srv/composefs' }
  expect(reportPage({ ...report, subject })).toContain(repository)
  expect(reportPage(report)).not.toContain(repository)
})
