import { decodeUtf8, encodeUtf8 } from '@composefs/bytes'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseConfig, readSealLabel, SEAL_LABEL } from '../src/document/config.ts'
import { parseManifest } from '../src/document/manifest.ts'
import { sha256Digest } from '../src/document/oci-digest.ts'
import { isOciError } from '../src/errors.ts'
import { setManifestConfig, setSealLabel } from '../src/seal/label.ts'

const ID = 'ab'.repeat(32)
const ROOTFS = '"rootfs":{"type":"layers","diff_ids":[]}'

function seal(config: string, value = ID): string | undefined {
  return decodeUtf8(setSealLabel(encodeUtf8(config), value))
}

describe('the seal label', () => {
  test.each([
    [
      'is added to other labels',
      `{${ROOTFS},"config":{"Labels":{"a":"b"}}}`,
      `{${ROOTFS},"config":{"Labels":{"a":"b","${SEAL_LABEL}":"${ID}"}}}`,
    ],
    [
      'replaces another value in its place',
      `{${ROOTFS},"config":{"Labels":{"${SEAL_LABEL}" : "old" ,"a":"b"}}}`,
      `{${ROOTFS},"config":{"Labels":{"${SEAL_LABEL}" : "${ID}" ,"a":"b"}}}`,
    ],
    [
      'is found under an escaped key',
      `{${ROOTFS},"config":{"Labels":{"\\u0063ontainers.composefs.fsverity":"old"}}}`,
      `{${ROOTFS},"config":{"Labels":{"\\u0063ontainers.composefs.fsverity":"${ID}"}}}`,
    ],
    [
      'is added to no labels',
      `{"config":{"Labels":{}},${ROOTFS}}`,
      `{"config":{"Labels":{"${SEAL_LABEL}":"${ID}"}},${ROOTFS}}`,
    ],
    [
      'replaces null labels',
      `{"config":{"Labels":null,"Env":[]},${ROOTFS}}`,
      `{"config":{"Labels":{"${SEAL_LABEL}":"${ID}"},"Env":[]},${ROOTFS}}`,
    ],
    [
      'replaces a null of its own',
      `{"config":{"Labels":{"${SEAL_LABEL}":null}},${ROOTFS}}`,
      `{"config":{"Labels":{"${SEAL_LABEL}":"${ID}"}},${ROOTFS}}`,
    ],
    [
      'comes with labels',
      `{"config":{"Env":["A=1"]},${ROOTFS}}`,
      `{"config":{"Env":["A=1"],"Labels":{"${SEAL_LABEL}":"${ID}"}},${ROOTFS}}`,
    ],
    [
      'comes with a config',
      `{${ROOTFS}}`,
      `{${ROOTFS},"config":{"Labels":{"${SEAL_LABEL}":"${ID}"}}}`,
    ],
    [
      'replaces a null config',
      `{"config":null,${ROOTFS}}`,
      `{"config":{"Labels":{"${SEAL_LABEL}":"${ID}"}},${ROOTFS}}`,
    ],
    [
      'takes over the white space of its neighbours',
      `{\n  ${ROOTFS},\n  "config": {\n    "Labels": {\n      "a" : "b"\n    }\n  }\n}\n`,
      `{\n  ${ROOTFS},\n  "config": {\n    "Labels": {\n      "a" : "b",\n      "${SEAL_LABEL}" : "${ID}"\n    }\n  }\n}\n`,
    ],
    [
      'leaves numbers, unknown keys and escapes as they are',
      `{"x":1e400,"y":12345678901234567890.10,"é":"\\u00e9\\/",${ROOTFS},"__proto__":{"Labels":1}}`,
      `{"x":1e400,"y":12345678901234567890.10,"é":"\\u00e9\\/",${ROOTFS},"__proto__":{"Labels":1},"config":{"Labels":{"${SEAL_LABEL}":"${ID}"}}}`,
    ],
  ])('%s', (_, before, after) => {
    expect(seal(before)).toBe(after)
    expect(readSealLabel(parseConfig(encodeUtf8(after)).labels)).toBe(ID)
    expect(seal(after)).toBe(after)
  })

  test('that is there leaves the very bytes', () => {
    const config = encodeUtf8(`{${ROOTFS},"config":{"Labels":{"${SEAL_LABEL}":"${ID}"}}}`)
    expect(setSealLabel(config, ID)).toBe(config)
  })

  test.each([
    ['a config that is no object', `{"config":[],${ROOTFS}}`, 'ERR_OCI_BAD_JSON'],
    ['labels that are no object', `{"config":{"Labels":[]},${ROOTFS}}`, 'ERR_OCI_BAD_JSON'],
    ['a label that is no string', `{"config":{"Labels":{"a":1}},${ROOTFS}}`, 'ERR_OCI_BAD_JSON'],
    ['a second spelling', `{"Config":{},"config":{},${ROOTFS}}`, 'ERR_OCI_AMBIGUOUS_KEY'],
    ['labels in another spelling', `{"config":{"labels":{}},${ROOTFS}}`, 'ERR_OCI_AMBIGUOUS_KEY'],
    ['labels twice', `{"config":{"Labels":{},"Labels":{}},${ROOTFS}}`, 'ERR_OCI_DUPLICATE_KEY'],
    ['no rootfs', '{"config":{}}', 'ERR_OCI_BAD_JSON'],
  ])('is refused for %s', (_, config, code) => {
    expect(() => seal(config)).toThrow(expect.objectContaining({ code }))
  })

  test('changes nothing else, in any config', () => {
    const value = fc.jsonValue()
    const config = fc
      .record(
        {
          config: fc.option(
            fc.record(
              {
                Labels: fc.option(fc.dictionary(fc.string(), fc.string()), { nil: null }),
                Env: value,
              },
              { requiredKeys: [] },
            ),
            { nil: null },
          ),
          history: value,
        },
        { requiredKeys: [] },
      )
      .map(parts => ({ ...parts, rootfs: { type: 'layers', diff_ids: [] } }))
    const indent = fc.constantFrom(undefined, 1, 2, '\t')
    fc.assert(
      fc.property(config, indent, (before, indentation) => {
        const text = JSON.stringify(before, undefined, indentation)
        let sealed: string | undefined
        try {
          sealed = seal(text)
        } catch (error) {
          // Random labels may be two spellings of one key.
          expect(isOciError(error)).toBe(true)
          return
        }
        const after = JSON.parse(sealed ?? '') as typeof before
        // As JSON says it, which has no -0.
        const said = JSON.parse(text) as typeof before
        const labels = { ...said.config?.Labels, [SEAL_LABEL]: ID }
        expect(after).toEqual({ ...said, config: { ...said.config, Labels: labels } })
        expect(seal(sealed ?? '')).toBe(sealed)
      }),
    )
  })
})

describe('the config of a manifest', () => {
  const json = encodeUtf8('{"new":true}')
  const digest = sha256Digest(json)
  const old = `sha256:${'0'.repeat(64)}`
  const manifest = (config: string): string =>
    `{"schemaVersion":2, "config":${config},"layers":[],"x":1.0}`

  test.each([
    [
      'digest and size',
      `{"mediaType":"m","size" : 7,"digest":"${old}","annotations":{"digest":"${old}"}}`,
      `{"mediaType":"m","size" : 12,"digest":"${digest}","annotations":{"digest":"${old}"}}`,
    ],
    [
      'embedded data',
      `{"data":"e30=","mediaType":"m","digest":"${old}","size":2}`,
      `{"data":"eyJuZXciOnRydWV9","mediaType":"m","digest":"${digest}","size":12}`,
    ],
    [
      'no data where it is null',
      `{"data":null,"mediaType":"m","digest":"${old}","size":2}`,
      `{"data":null,"mediaType":"m","digest":"${digest}","size":12}`,
    ],
  ])('changes in %s', (_, before, after) => {
    const changed = setManifestConfig(encodeUtf8(manifest(before)), { digest, json })
    expect(decodeUtf8(changed)).toBe(manifest(after))
    expect(parseManifest(changed).config).toMatchObject({ digest, size: 12 })
  })

  test('is not put into a document that is no manifest', () => {
    const index = encodeUtf8('{"schemaVersion":2,"manifests":[]}')
    expect(() => setManifestConfig(index, { digest, json })).toThrow(
      expect.objectContaining({ name: 'OciError' }),
    )
  })
})
