import { afterAll, beforeAll, expect, test } from 'vitest'
import { reportDocument, reportImage } from '../src/index.ts'
import { madeUpRepository } from './made-up-images.ts'

let made: Awaited<ReturnType<typeof madeUpRepository>>
beforeAll(async () => {
  made = await madeUpRepository({ small: [['usr/', ['usr/a', 100], ['usr/b', 3]], ['usr/.wh.a']] })
})
afterAll(async () => await made.remove())

test('the document of a small image', async () => {
  const report = await reportImage(made.repository, { oci: 'small' })
  const { views, images, layers, ...rest } = reportDocument(report)
  expect(Object.keys(images?.[0 as never] ?? {})).toEqual([
    'names',
    'kind',
    'image_id',
    'manifest_digest',
    'config_digest',
    'created',
    'platform',
    'files',
    'directories',
    'others',
    'bytes',
    'inline_bytes',
    'hidden_bytes',
    'layers',
    'objects',
    'object_bytes',
    'unique_objects',
    'unique_bytes',
    'shared_objects',
    'shared_bytes',
  ])
  expect(images).toMatchObject([
    { created: null, files: 1, directories: 2, bytes: 3, hidden_bytes: 100 },
  ])
  expect(layers).toMatchObject([
    { bytes: 103, hidden_bytes: 100 },
    { bytes: 0, hidden_bytes: 0 },
  ])
  expect(views).toMatchObject([
    {
      kind: 'directory',
      omitted: 0,
      nodes: [
        { name: '', parent: 0, kind: 'directory', bytes: 3, hidden_bytes: 0, files: 1 },
        { name: 'usr', parent: 0, kind: 'directory', bytes: 3, hidden_bytes: 0, files: 1 },
        { name: 'b', parent: 1, kind: 'file', bytes: 3, hidden_bytes: 0, files: 1 },
      ],
    },
    { kind: 'layer' },
  ])
  expect(rest).toEqual({
    schema: 'cfsctl.report/1',
    subject: {
      kind: 'image',
      name: 'small',
      repository: made.path,
      algorithm: 'sha256',
    },
    objects: { objects: 0, bytes: 0 },
    stored: null,
    shared: [],
    largest: { total: 1, rows: [{ path: '/usr/b', bytes: 3, layer: 0, images: 1 }] },
    duplicates: { total: 0, repeated_bytes: 0, rows: [] },
    hidden: {
      total: 1,
      bytes: 100,
      rows: [{ image: 0, path: '/usr/a', layer: 0, by: 1, how: 'removed', files: 1, bytes: 100 }],
    },
    problems: [],
  })
})

test('names that are not UTF-8 are escaped, their bytes beside them', async () => {
  const report = await reportImage(made.repository, { oci: 'small' })
  const path = Uint8Array.of(0x2f, 0xff, 0x41)
  const [row] = report.largest.rows
  const changed = {
    ...report,
    largest: { total: 1, rows: row === undefined ? [] : [{ ...row, path }] },
  }
  expect(reportDocument(changed).largest).toMatchObject({
    rows: [{ path: '/\\xffA', path_base64: Buffer.from(path).toString('base64') }],
  })
})
