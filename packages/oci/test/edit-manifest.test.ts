import { encodeUtf8, showUtf8 } from '@composefs/bytes'
import { describe, expect, test } from 'vitest'
import { parseManifest } from '../src/document/manifest.ts'
import { replaceLayerBlobs } from '../src/export/edit-manifest.ts'
import { LAYER } from './layout-builder.ts'

const hex = (digit: string) => `sha256:${digit.repeat(64)}`
const BLOB = { mediaType: `${LAYER}+gzip`, digest: hex('f'), size: 77 }

const head = `{
  "schemaVersion" : 2,
  "x-first": [1.50, 1e3],
  "config": {"mediaType":"application/vnd.oci.image.config.v1+json","digest":"${hex('1')}","size":2},
  "layers": [
    {"mediaType":"${LAYER}","digest":"${hex('2')}","size":10},
    `
const tail = `
  ],
  "annotations": { "é": "\\u00e9" }
}
`

function edit(descriptor: string): string {
  const json = encodeUtf8(head + descriptor + tail)
  const manifest = parseManifest(json)
  return showUtf8(replaceLayerBlobs({ json, manifest }, new Map([[1, BLOB]])))
}

const digest = `"digest":"${hex('3')}"`
const newDigest = `"digest":"${hex('f')}"`

describe('a manifest with another blob of a layer', () => {
  test.each([
    [
      'keeps all other text',
      `{ "size" : 10,\n "x-odd": {"a" : [ ]}, ${digest},"mediaType":"${LAYER}+zstd" }`,
      `{ "size" : 77,\n "x-odd": {"a" : [ ]}, ${newDigest},"mediaType":"${LAYER}+gzip" }`,
    ],
    [
      'lacks what was about the old bytes: at the end',
      `{"mediaType":"${LAYER}+zstd",${digest},"size":10 , "urls":["http://x/"],"data":"AAAA" }`,
      `{"mediaType":"${LAYER}+gzip",${newDigest},"size":77 }`,
    ],
    [
      'at the beginning',
      `{ "urls": [], "data":"AAAA" , "mediaType":"${LAYER}+zstd",${digest},"size":10}`,
      `{ "mediaType":"${LAYER}+gzip",${newDigest},"size":77}`,
    ],
    [
      'in the annotations',
      `{"mediaType":"${LAYER}+zstd",${digest},"size":10,"annotations":{"io.github.containers.zstd-chunked.manifest-checksum":"x","a" : "b",  "containerd.io/snapshot/stargz/toc.digest":"y"}}`,
      `{"mediaType":"${LAYER}+gzip",${newDigest},"size":77,"annotations":{"a" : "b"}}`,
    ],
    [
      'in annotations that hold nothing else',
      `{"mediaType":"${LAYER}+zstd",${digest},"size":10,"annotations":{ "io.containers.estargz.uncompressed-size":"1" }}`,
      `{"mediaType":"${LAYER}+gzip",${newDigest},"size":77,"annotations":{ }}`,
    ],
  ])('%s', (_, before, after) => {
    expect(edit(before)).toBe(head + after + tail)
    expect(() => parseManifest(encodeUtf8(edit(before)))).not.toThrow()
  })
})
