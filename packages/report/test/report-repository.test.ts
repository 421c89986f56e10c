import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { showUtf8 } from '@composefs/bytes'
import { openImage } from '@composefs/erofs'
import { isOciError } from '@composefs/oci'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Report, reportImage, reportRepository } from '../src/index.ts'
import { contentOf } from './layer-entries.ts'
import { fiveImages, madeUpRepository } from './made-up-images.ts'

let made: Awaited<ReturnType<typeof madeUpRepository>>
let report: Report

beforeAll(async () => {
  made = await madeUpRepository(fiveImages())
  report = await reportRepository(made.repository)
})
afterAll(async () => await made.remove())

const sum = <T>(list: readonly T[], pick: (each: T) => number) =>
  list.reduce((total, each) => total + pick(each), 0)

describe('a repository', () => {
  test('has its five images', () => {
    const names = report.images.map(image => image.names.join())
    expect(names).toEqual(Object.keys(fiveImages()).sort())
    expect(report.problems).toEqual([])
    expect(report.layers.map(({ images }) => images.length)).toEqual([5, 1, 3, 3, 2, 2, 1])
  })

  test('shared and unique objects are all of each image', () => {
    for (const { sharing, bytes, inlineBytes } of report.images) {
      expect(sharing.uniqueBytes + sharing.sharedBytes).toBe(sharing.bytes)
      expect(sharing.uniqueObjects + sharing.sharedObjects).toBe(sharing.objects)
      expect(sharing.bytes).toBeLessThanOrEqual(bytes - inlineBytes)
    }
    const debian = report.images.find(({ names }) => names.includes('debian:12'))
    expect(debian?.sharing.uniqueBytes).toBe(0)
  })

  test('each view but that by layer has each object once', () => {
    const bytes = new Map(report.views.map(({ kind, nodes }) => [kind, nodes[0]?.bytes]))
    expect(bytes.get('directory')).toBe(report.objects.bytes)
    expect(bytes.get('sharing')).toBe(report.objects.bytes)
    expect(bytes.get('layer')).toBe(sum(report.layers, layer => layer.bytes))
    expect(sum(report.shared, part => part.bytes)).toBe(report.objects.bytes)
    expect(sum(report.shared, part => part.objects)).toBe(report.objects.objects)
  })

  test('what is stored is what lies there', () => {
    const { stored } = report
    expect(stored?.shown).toEqual(report.objects)
    expect(stored?.unreferenced).toEqual({ objects: 0, bytes: 0 })
    expect(stored?.other.objects).toBeGreaterThan(0)
  })

  test('tells the contents of one path apart', () => {
    const models = report.largest.rows.filter(({ path }) => showUtf8(path) === '/srv/app/model.bin')
    expect(models.map(({ bytes, images }) => [bytes, images])).toEqual([
      [14_200_000, 1],
      [14_000_000, 1],
    ])
  })

  test('tells waste that images share once', () => {
    const rows = report.hidden.rows.map(({ path, layer, by, how }) => [
      showUtf8(path),
      layer,
      by,
      how,
    ])
    expect(rows).toEqual([
      ['/srv/app/model.bin', 5, 6, 'replaced'],
      ['/var/cache/apt/archives', 2, 3, 'removed'],
      ['/var/lib/apt/lists', 2, 3, 'removed'],
      ['/srv/app/static/core.js', 5, 6, 'removed'],
    ])
    expect(report.hidden.bytes).toBe(sum(report.hidden.rows, row => row.bytes))
  })

  test('tells of images that cannot be read, and reports the others', async () => {
    const ref = join(made.path, 'streams/refs/oci/broken')
    symlinkSync(`../../oci-manifest-sha256:${'0'.repeat(64)}`, ref)
    const { problems, images } = await reportRepository(made.repository)
    rmSync(ref)
    expect(images.length).toBe(5)
    expect(problems[0]).toMatchObject({ name: 'broken', reason: expect.any(String) })
  })
})

describe.each(Object.keys(fiveImages()))('the image %s', name => {
  test('is as large as the EROFS image that is mounted', async () => {
    const { images, views, layers, hidden } = await reportImage(made.repository, { oci: name })
    const [image] = images
    using opened = made.repository.images.open(image?.imageId ?? '')
    const { algorithm } = made.repository
    const tree = openImage(opened.bytes(), { algorithm }).toTree(algorithm)
    expect(image?.bytes).toBe(contentOf(tree))
    expect(views.find(({ kind }) => kind === 'directory')?.nodes[0]?.bytes).toBe(image?.bytes)
    const inLayers = sum(layers, layer => layer.bytes)
    expect(views.find(({ kind }) => kind === 'layer')?.nodes[0]?.bytes).toBe(inLayers)
    expect(inLayers).toBe((image?.bytes ?? 0) + (image?.hiddenBytes ?? 0))
    expect(sum(layers, layer => layer.hiddenBytes)).toBe(image?.hiddenBytes)
    expect(hidden.bytes).toBe(image?.hiddenBytes)
  })

  test('is the same by the id of its EROFS image, but for layers', async () => {
    const byTag = await reportImage(made.repository, { oci: name })
    const byId = await reportImage(made.repository, { erofs: byTag.images[0]?.imageId ?? '' })
    expect(byId.images[0]).toMatchObject({ kind: 'erofs', bytes: byTag.images[0]?.bytes })
    expect(byId.objects).toEqual(byTag.objects)
    expect(byId.views).toEqual([byTag.views[0]])
    expect(byId.layers).toEqual([])
  })
})

test('an image that is not there', async () => {
  const error = await reportImage(made.repository, { oci: 'nobody' }).catch(thrown => thrown)
  expect(isOciError(error, 'ERR_OCI_NO_SUCH_IMAGE')).toBe(true)
})
