import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeUtf8 } from '@composefs/bytes'
import { vectorsDirectory } from '@composefs/test-fixtures'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseConfig } from '../src/document/config.ts'
import { parseIndex } from '../src/document/index-document.ts'
import { parseManifest } from '../src/document/manifest.ts'
import { parsePlatform } from '../src/document/platform.ts'
import { isOciError } from '../src/errors.ts'
import { openArchive } from '../src/source/archive.ts'
import { temporaryDirectory } from './layout-builder.ts'

const DIGEST = `sha256:${'0a'.repeat(32)}`
const descriptor = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: DIGEST,
  size: 10,
  urls: ['https://x.invalid/'],
  annotations: { a: 'b' },
  platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
}

const DOCUMENTS = [
  [
    'manifest',
    parseManifest,
    { schemaVersion: 2, config: descriptor, layers: [descriptor], subject: descriptor },
  ],
  ['index', parseIndex, { schemaVersion: 2, manifests: [descriptor, descriptor] }],
  [
    'config',
    parseConfig,
    { os: 'linux', config: { Labels: { a: 'b' } }, rootfs: { type: 'layers', diff_ids: [DIGEST] } },
  ],
] as const

test.each(DOCUMENTS)('a changed %s is read or refused', (_, parse, document) => {
  const original = encodeUtf8(JSON.stringify(document))
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          at: fc.nat(original.length),
          remove: fc.nat(12),
          insert: fc.oneof(
            fc.constantFrom(
              '{',
              '}',
              '[',
              ']',
              '"',
              ':',
              ',',
              'null',
              '{}',
              '[]',
              '"a"',
              '-1',
              '1e9',
              '""',
            ),
            fc.string({ maxLength: 3 }),
          ),
        }),
        { maxLength: 3 },
      ),
      changes => {
        let bytes: Uint8Array = original
        for (const { at, remove, insert } of changes) {
          bytes = Buffer.concat([
            bytes.subarray(0, at),
            encodeUtf8(insert),
            bytes.subarray(at + remove),
          ])
        }
        try {
          parse(bytes)
        } catch (error) {
          expect(isOciError(error), String(error)).toBe(true)
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('a changed archive is read or refused', async () => {
  const original = readFileSync(join(vectorsDirectory, 'oci/ok-index-top-level.tar'))
  const path = join(temporaryDirectory(), 'archive.tar')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 0, max: original.length }),
      async (changes, length) => {
        const bytes = Buffer.from(original)
        for (const [at, byte] of changes) bytes[at] = byte
        writeFileSync(path, bytes.subarray(0, length))
        try {
          await using source = await openArchive(path, { platform: parsePlatform('linux/amd64') })
          await source.manifest()
        } catch (error) {
          expect(isOciError(error), String(error)).toBe(true)
        }
      },
    ),
    { numRuns: 150 },
  )
})
