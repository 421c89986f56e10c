import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mediaTypeFacts } from '../src/document/media-type.ts'
import { parseOciDigest, requireOciDigest } from '../src/document/oci-digest.ts'
import { formatPlatform, hostPlatform, parsePlatform } from '../src/document/platform.ts'
import { isOciError } from '../src/errors.ts'
import { looksLikeImageName, parseImageReference } from '../src/reference.ts'

describe('an image reference', () => {
  const files = new Set(['/a', '/a:b', 'x', 'x:y:z', '.'])
  const parse = (text: string) => {
    const parsed = parseImageReference(text, path => files.has(path))
    return 'path' in parsed
      ? [parsed.transport, parsed.path, parsed.tag]
      : [parsed.transport, parsed.name]
  }

  test.each([
    ['oci:/a', ['oci', '/a', undefined]],
    ['oci:/a:v1', ['oci', '/a', 'v1']],
    ['oci:/a:docker.io/library/app:1.0', ['oci', '/a', 'docker.io/library/app:1.0']],
    // The longest beginning that exists.
    ['oci:/a:b', ['oci', '/a:b', undefined]],
    ['oci:/a:b:c', ['oci', '/a:b', 'c']],
    ['oci:x:y', ['oci', 'x', 'y']],
    ['oci:x:y:z', ['oci', 'x:y:z', undefined]],
    ['oci:.:t', ['oci', '.', 't']],
    ['oci-archive:x:y:z:t', ['oci-archive', 'x:y:z', 't']],
    // Nothing exists: the last colon, unless a slash follows.
    ['oci:/none', ['oci', '/none', undefined]],
    ['oci:/none:t', ['oci', '/none', 't']],
    ['oci:/none:p:t', ['oci', '/none:p', 't']],
    ['oci:/none:p/q', ['oci', '/none:p/q', undefined]],
    ['oci-archive:none.tar:t', ['oci-archive', 'none.tar', 't']],
    ['docker-archive:x:app:1.0', ['docker-archive', 'x', 'app:1.0']],
    ['docker-archive:x:@1', ['docker-archive', 'x', '@1']],
    ['docker://quay.io/a/b:c', ['docker', 'quay.io/a/b:c']],
    ['containers-storage:x', ['containers-storage', 'x']],
    ['docker-daemon:app:1.0', ['docker-daemon', 'app:1.0']],
    ['dir:/x', ['dir', '/x']],
  ])('%s', (text, expected) => {
    expect(parse(text)).toEqual(expected)
  })

  test.each([
    ['docker:quay.io/a/b:c', 'ERR_OCI_BAD_REFERENCE'],
    ['docker://', 'ERR_OCI_BAD_REFERENCE'],
    ['dir:', 'ERR_OCI_BAD_REFERENCE'],
    ['quay.io/a/b', 'ERR_OCI_UNKNOWN_TRANSPORT'],
    ['quay.io/a/b:c', 'ERR_OCI_UNKNOWN_TRANSPORT'],
    ['OCI:/a', 'ERR_OCI_UNKNOWN_TRANSPORT'],
    ['', 'ERR_OCI_UNKNOWN_TRANSPORT'],
    ['oci:', 'ERR_OCI_BAD_REFERENCE'],
    ['oci::t', 'ERR_OCI_BAD_REFERENCE'],
    ['oci:/a:', 'ERR_OCI_BAD_REFERENCE'],
    ['oci:/a\0', 'ERR_OCI_BAD_REFERENCE'],
  ])('%s is refused', (text, code) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code }))
  })

  test('asks once for each colon', () => {
    const asked: string[] = []
    parseImageReference('oci:a:b:c', path => {
      asked.push(path)
      return false
    })
    expect(asked).toEqual(['a:b:c', 'a:b', 'a'])
  })

  test.each([
    ['quay.io/fedora/fedora:41', true],
    ['localhost:5000/a', true],
    [`alpine@sha256:${'0'.repeat(64)}`, true],
    ['alpine', true],
    ['/a/b', false],
    ['http://x', false],
    ['A', false],
  ])('%s looks like an image name: %s', (text, expected) => {
    expect(looksLikeImageName(text)).toBe(expected)
  })
})

describe('a content digest', () => {
  test.each([
    [`sha256:${'0123456789abcdef'.repeat(4)}`],
    [`sha384:${'a'.repeat(96)}`],
    [`sha512:${'f'.repeat(128)}`],
    ['md5:d41d8cd98f00b204e9800998ecf8427e'],
    ['sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564'],
    ['multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8'],
  ])('%s parses', text => {
    const { algorithm, encoded } = parseOciDigest(text)
    expect(`${algorithm}:${encoded}`).toBe(text)
  })

  test.each([
    [''],
    ['sha256:'],
    ['sha256'],
    ['0'.repeat(64)],
    [`sha256:${'0'.repeat(63)}`],
    [`sha256:${'0'.repeat(65)}`],
    [`sha256:${'A'.repeat(64)}`],
    [`sha256:${'g'.repeat(64)}`],
    [`SHA256:${'0'.repeat(64)}`],
    [`sha256:${'0'.repeat(64)}\n`],
    [`sha512:${'0'.repeat(64)}`],
    [`sha256:../${'0'.repeat(61)}`],
    ['x:../etc'],
    ['../x:a'],
    ['__proto__:a'],
    ['-x:a'],
  ])('%j is none', text => {
    expect(() => parseOciDigest(text)).toThrow(
      expect.objectContaining({ code: 'ERR_OCI_BAD_DIGEST' }),
    )
  })

  test('of an algorithm that is not asked for is refused', () => {
    const sha512 = `sha512:${'0'.repeat(128)}`
    expect(requireOciDigest(sha512, 'a layer', ['sha256', 'sha512']).algorithm).toBe('sha512')
    for (const text of [sha512, 'md5:00', 'constructor:00']) {
      expect(() => requireOciDigest(text, 'a manifest')).toThrow(
        expect.objectContaining({ code: 'ERR_OCI_UNSUPPORTED_DIGEST' }),
      )
    }
  })

  test('never becomes a path outside its folder', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'sha256:/.\\\0-_=aF0') }), text => {
        try {
          const { algorithm, encoded } = parseOciDigest(text)
          expect(`${algorithm}/${encoded}`).not.toMatch(/[\0\\]|\.\.|^\/|\/.*\//)
        } catch (error) {
          expect(isOciError(error, 'ERR_OCI_BAD_DIGEST')).toBe(true)
        }
      }),
    )
  })
})

describe('a platform', () => {
  test.each([['linux/amd64'], ['linux/arm/v7'], ['windows/amd64']])('%s', text => {
    expect(formatPlatform(parsePlatform(text))).toBe(text)
  })

  test.each([[''], ['linux'], ['linux/'], ['/amd64'], ['linux/arm/'], ['linux/arm/v7/x']])(
    '%j is none',
    text => {
      expect(() => parsePlatform(text)).toThrow(
        expect.objectContaining({ code: 'ERR_OCI_BAD_REFERENCE' }),
      )
    },
  )

  test('of this machine has the names of Go', () => {
    expect(hostPlatform().architecture).toBe(process.arch === 'x64' ? 'amd64' : process.arch)
  })
})

describe('a media type', () => {
  const DOCKER_LAYER = 'application/vnd.docker.image.rootfs'
  const OCI_LAYER = 'application/vnd.oci.image.layer'
  test.each([
    [
      'application/vnd.docker.distribution.manifest.v2+json',
      'application/vnd.oci.image.manifest.v1+json',
    ],
    [
      'application/vnd.docker.distribution.manifest.list.v2+json',
      'application/vnd.oci.image.index.v1+json',
    ],
    ['application/vnd.docker.container.image.v1+json', 'application/vnd.oci.image.config.v1+json'],
    [`${DOCKER_LAYER}.diff.tar`, `${OCI_LAYER}.v1.tar`],
    [`${DOCKER_LAYER}.diff.tar.gzip`, `${OCI_LAYER}.v1.tar+gzip`],
    [`${DOCKER_LAYER}.diff.tar.zstd`, `${OCI_LAYER}.v1.tar+zstd`],
    [`${DOCKER_LAYER}.foreign.diff.tar.gzip`, `${OCI_LAYER}.nondistributable.v1.tar+gzip`],
    [`${OCI_LAYER}.v1.tar+gzip`, `${OCI_LAYER}.v1.tar+gzip`],
    [`${OCI_LAYER}.v1.tar+gzip+encrypted`, undefined],
    ['application/vnd.cncf.helm.chart.content.v1.tar+gzip', undefined],
    ['__proto__', undefined],
  ])('%s in OCI: %s', (mediaType, oci) => {
    expect(mediaTypeFacts(mediaType)?.oci).toBe(oci)
  })
})
