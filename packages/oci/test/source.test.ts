import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { parseManifest } from '../src/document/manifest.ts'
import { type Platform, parsePlatform } from '../src/document/platform.ts'
import type { OciErrorCode } from '../src/errors.ts'
import { openArchive } from '../src/source/archive.ts'
import type { ImageSource } from '../src/source/image-source.ts'
import { openLayout } from '../src/source/layout.ts'
import {
  CONFIG,
  collect,
  INDEX,
  LAYER,
  LayoutBuilder,
  MANIFEST,
  type TestDescriptor,
  tagged,
  tarOf,
  temporaryDirectory,
} from './layout-builder.ts'

const AMD64 = parsePlatform('linux/amd64')
const onPlatform = (text: string) => {
  const { os, architecture, variant } = parsePlatform(text)
  return { platform: { os, architecture, ...(variant === undefined ? {} : { variant }) } }
}

/** The digest of the manifest that is chosen. */
async function chosen(
  layout: LayoutBuilder,
  options: { tag?: string; platform?: Platform } = {},
): Promise<string> {
  await using source = await openLayout(layout.directory, { platform: AMD64, ...options })
  return (await source.manifest()).digest
}

const fails = (code: OciErrorCode, facts: object = {}) =>
  expect.objectContaining({ code, facts: expect.objectContaining(facts) })

async function read(source: ImageSource, descriptor: TestDescriptor): Promise<string> {
  const full = { urls: [], annotations: new Map(), ...descriptor }
  return (await collect(source.blob(full))).toString()
}

describe('the image of a layout', () => {
  test('is the only one where no tag is named', async () => {
    const layout = new LayoutBuilder()
    const image = layout.image([])
    layout.finish({ v1: image })
    expect(await chosen(layout)).toBe(image.digest)
    expect(await chosen(layout, { tag: 'v1' })).toBe(image.digest)
  })

  test('is told by its tag, or the tags there are get listed', async () => {
    const layout = new LayoutBuilder()
    const a = layout.image([], { created: 'a' })
    const b = layout.image([], { created: 'b' })
    layout.finish({ a, b })
    expect(await chosen(layout, { tag: 'b' })).toBe(b.digest)
    await expect(chosen(layout, { tag: 'c' })).rejects.toThrow(
      fails('ERR_OCI_TAG_NOT_FOUND', { tag: 'c', choices: ['a', 'b'] }),
    )
    await expect(chosen(layout)).rejects.toThrow(
      fails('ERR_OCI_AMBIGUOUS_TAG', { choices: [`a ${a.digest}`, `b ${b.digest}`] }),
    )
  })

  test('may have several names', async () => {
    const layout = new LayoutBuilder()
    const image = layout.image([])
    layout.finish([tagged(image, 'a'), tagged(image, 'b')])
    expect(await chosen(layout)).toBe(image.digest)
  })

  test('must exist', async () => {
    await expect(chosen(new LayoutBuilder().finish([]))).rejects.toThrow(
      fails('ERR_OCI_TAG_NOT_FOUND', { choices: [] }),
    )
  })

  test('must be a manifest or an index', async () => {
    const layout = new LayoutBuilder()
    layout.finish({ t: layout.blob('{}', 'application/json') })
    await expect(chosen(layout, { tag: 't' })).rejects.toThrow(
      fails('ERR_OCI_UNSUPPORTED_MEDIA_TYPE', { mediaType: 'application/json' }),
    )
  })
})

describe('the platform', () => {
  const ARM64 = 'linux/arm64'
  test.each([
    ['the one asked for', ['linux/s390x', 'linux/amd64', ARM64], 'linux/amd64', 1],
    ['an entry without variant before one with', ['linux/arm/v6', 'linux/arm'], 'linux/arm', 1],
    ['else the first variant', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm', 0],
    ['v8 of arm64 as none', ['linux/arm64/v9', 'linux/arm64/v8', ARM64], ARM64, 1],
    ['the variant asked for', ['linux/arm', 'linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7', 2],
    ['the earlier of equal ones', ['linux/amd64', 'linux/amd64'], 'linux/amd64', 0],
    ['not another system', ['windows/amd64', 'linux/amd64'], 'linux/amd64', 1],
    ['not what is unknown', ['unknown/unknown', 'linux/amd64'], 'linux/amd64', 1],
  ])('of an index: %s', async (_, offered, wanted, expected) => {
    const layout = new LayoutBuilder()
    const images = offered.map((platform, i) =>
      layout.image([], { created: `${i}` }, onPlatform(platform)),
    )
    layout.finish({ t: layout.index(images) })
    expect(await chosen(layout, { tag: 't', platform: parsePlatform(wanted) })).toBe(
      images[expected]?.digest,
    )
  })

  test('that is missing gets those there are listed', async () => {
    const layout = new LayoutBuilder()
    const images = ['linux/s390x', 'linux/arm/v7'].map(p => layout.image([], {}, onPlatform(p)))
    layout.finish({ t: layout.index(images) })
    await expect(chosen(layout, { tag: 't' })).rejects.toThrow(
      fails('ERR_OCI_NO_MATCHING_PLATFORM', {
        expected: 'linux/amd64',
        choices: ['linux/arm/v7', 'linux/s390x'],
      }),
    )
  })

  test('of a descriptor without one is that of the config', async () => {
    const layout = new LayoutBuilder()
    const other = layout.image([], { architecture: 's390x' })
    const mine = layout.image([])
    layout.finish([other, mine])
    expect(await chosen(layout)).toBe(mine.digest)
    layout.finish([other])
    await expect(chosen(layout)).rejects.toThrow(
      fails('ERR_OCI_NO_MATCHING_PLATFORM', { choices: ['linux/s390x'] }),
    )
  })

  test('of a config that names none fits', async () => {
    const layout = new LayoutBuilder()
    const image = layout.image([], { architecture: undefined, os: undefined })
    layout.finish([image])
    expect(await chosen(layout)).toBe(image.digest)
  })

  test('leaves one image of those that have one tag', async () => {
    const layout = new LayoutBuilder()
    const images = ['linux/s390x', 'linux/amd64'].map(p =>
      tagged(layout.image([], { created: p }, onPlatform(p)), 't'),
    )
    layout.finish(images)
    expect(await chosen(layout, { tag: 't' })).toBe(images[1]?.digest)
    const twice = tagged(layout.image([], {}, onPlatform('linux/amd64')), 't')
    layout.finish([...images, twice])
    await expect(chosen(layout, { tag: 't' })).rejects.toThrow(fails('ERR_OCI_AMBIGUOUS_TAG'))
  })
})

describe('an artifact', () => {
  const empty = (layout: LayoutBuilder) => layout.blob('{}', 'application/vnd.oci.empty.v1+json')

  test('is taken by its tag whatever its platform', async () => {
    const layout = new LayoutBuilder()
    const plain = layout.manifest(empty(layout), [])
    const foreign = layout.manifest(empty(layout), [], onPlatform('linux/s390x'), {
      artifactType: 'a/b',
    })
    layout.finish({ plain, foreign })
    expect(await chosen(layout, { tag: 'plain' })).toBe(plain.digest)
    expect(await chosen(layout, { tag: 'foreign' })).toBe(foreign.digest)
  })

  test('comes after every image of an index', async () => {
    const layout = new LayoutBuilder()
    const artifact = layout.manifest(empty(layout), [])
    const image = layout.image([], {}, onPlatform('linux/amd64'))
    layout.finish({ t: layout.index([artifact, image]) })
    expect(await chosen(layout, { tag: 't' })).toBe(image.digest)
  })

  test('beside an image of its name is one too many', async () => {
    const layout = new LayoutBuilder()
    layout.finish([tagged(layout.manifest(empty(layout), []), 't'), tagged(layout.image([]), 't')])
    await expect(chosen(layout, { tag: 't' })).rejects.toThrow(fails('ERR_OCI_AMBIGUOUS_TAG'))
  })
})

describe('indexes one in another', () => {
  test.each([
    [8, undefined],
    [9, 'ERR_OCI_INDEX_TOO_DEEP' as const],
  ])('%i of them', async (levels, code) => {
    const layout = new LayoutBuilder()
    const image = layout.image([])
    let top: TestDescriptor = image
    for (let i = 0; i < levels; i++) top = layout.index([top])
    layout.finish({ t: top })
    if (code === undefined) expect(await chosen(layout, { tag: 't' })).toBe(image.digest)
    else await expect(chosen(layout, { tag: 't' })).rejects.toThrow(fails(code))
  })

  test('are read once each', async () => {
    const layout = new LayoutBuilder()
    const image = layout.image([])
    let level = [layout.index([image])]
    // 2^7 ways to the image.
    for (let i = 0; i < 7; i++) {
      level = [layout.index([...level, ...level], {}), layout.index([...level, ...level, ...level])]
    }
    layout.finish({ t: level[0] as TestDescriptor })
    await using source = await openLayout(layout.directory, { tag: 't', platform: AMD64 })
    expect((await source.manifest()).digest).toBe(image.digest)
  })

  test('with a platform that does not fit are not opened', async () => {
    const layout = new LayoutBuilder()
    const image = layout.image([])
    const missing = { ...layout.index([]), digest: `sha256:${'0'.repeat(64)}` }
    layout.finish({ t: layout.index([{ ...missing, ...onPlatform('linux/s390x') }, image]) })
    expect(await chosen(layout, { tag: 't' })).toBe(image.digest)
  })
})

describe('documents', () => {
  const broken = (body: object, mediaType = MANIFEST) => {
    const layout = new LayoutBuilder()
    const config = layout.json({ rootfs: { diff_ids: [] } }, CONFIG)
    return layout.finish({ t: layout.json({ config, layers: [], ...body }, mediaType) })
  }
  test.each([
    ['a manifest of schema 1', { schemaVersion: 1 }, 'ERR_OCI_BAD_SCHEMA_VERSION'],
    ['a schema version of text', { schemaVersion: '2' }, 'ERR_OCI_BAD_SCHEMA_VERSION'],
    ['no schema version', {}, 'ERR_OCI_BAD_SCHEMA_VERSION'],
    ['both lists', { schemaVersion: 2, manifests: [] }, 'ERR_OCI_MEDIA_TYPE_MISMATCH'],
    ['another type inside', { schemaVersion: 2, mediaType: INDEX }, 'ERR_OCI_MEDIA_TYPE_MISMATCH'],
    ['another spelling', { schemaVersion: 2, Layers: [] }, 'ERR_OCI_AMBIGUOUS_KEY'],
    ['a spelling with a long s', { schemaVersion: 2, 'layer\u017f': [] }, 'ERR_OCI_AMBIGUOUS_KEY'],
    ['no config', { schemaVersion: 2, config: null }, 'ERR_OCI_BAD_JSON'],
    ['no layers', { schemaVersion: 2, layers: undefined }, 'ERR_OCI_BAD_JSON'],
    ['layers that are no list', { schemaVersion: 2, layers: {} }, 'ERR_OCI_BAD_JSON'],
    [
      'annotations that are no text',
      { schemaVersion: 2, annotations: { a: 1 } },
      'ERR_OCI_BAD_JSON',
    ],
  ] as const)('%s: refused', async (_, body, code) => {
    await expect(chosen(broken(body), { tag: 't' })).rejects.toThrow(fails(code))
  })

  test('an index with layers is refused', async () => {
    const layout = new LayoutBuilder()
    layout.write('index.json', '{"schemaVersion":2,"manifests":[],"layers":[]}')
    await expect(chosen(layout)).rejects.toThrow(fails('ERR_OCI_MEDIA_TYPE_MISMATCH'))
  })

  test('lists and maps of null are empty', () => {
    const config = {
      mediaType: 'a/b',
      digest: `sha256:${'0'.repeat(64)}`,
      size: 0,
      annotations: null,
    }
    const body = { schemaVersion: 2, config, layers: null, annotations: null, subject: null }
    const manifest = parseManifest(Buffer.from(JSON.stringify(body)))
    expect(manifest.layers).toEqual([])
    expect(manifest.subject).toBeUndefined()
  })
})

describe('a blob', () => {
  const one = (layout: LayoutBuilder) => layout.blob('one', 'a/b')
  const place = (layout: LayoutBuilder, { digest }: TestDescriptor) =>
    join(layout.directory, 'blobs', ...digest.split(':'))

  test('is read', async () => {
    const layout = new LayoutBuilder()
    await using source = await openLayout(layout.directory)
    expect(await read(source, one(layout))).toBe('one')
    expect(await read(source, layout.blob('', 'a/b'))).toBe('')
  })

  test('may be a symlink to a file, but to nothing else', async () => {
    const layout = new LayoutBuilder()
    const blob = one(layout)
    const path = place(layout, blob)
    await using source = await openLayout(layout.directory)
    renameSync(path, join(layout.directory, 'elsewhere'))
    symlinkSync('../../elsewhere', path)
    expect(await read(source, blob)).toBe('one')
    for (const target of ['/dev/zero', '/dev/tty', '.', 'nothing', path]) {
      rmSync(path)
      symlinkSync(target, path)
      await expect(read(source, blob)).rejects.toThrow(fails('ERR_OCI_MISSING_BLOB'))
    }
  })

  test('that is a fifo does not keep us waiting', async () => {
    const layout = new LayoutBuilder()
    const blob = one(layout)
    rmSync(place(layout, blob))
    execFileSync('mkfifo', [place(layout, blob)])
    await using source = await openLayout(layout.directory)
    await expect(read(source, blob)).rejects.toThrow(fails('ERR_OCI_MISSING_BLOB'))
  })

  test('of another size is refused before it is read', async () => {
    const layout = new LayoutBuilder()
    const blob = one(layout)
    writeFileSync(place(layout, blob), 'more')
    await using source = await openLayout(layout.directory)
    await expect(read(source, blob)).rejects.toThrow(
      fails('ERR_OCI_SIZE_MISMATCH', { expected: 3, actual: 4 }),
    )
  })

  test('that is missing may be the data of its descriptor', async () => {
    const layout = new LayoutBuilder()
    const blob = one(layout)
    await using source = await openLayout(layout.directory)
    expect(await read(source, { ...blob, data: 'bm90' })).toBe('one')
    rmSync(place(layout, blob))
    expect(await read(source, { ...blob, data: Buffer.from('one').toString('base64') })).toBe('one')
    for (const data of ['bm90', '', '!!!!']) {
      await expect(read(source, { ...blob, data })).rejects.toThrow(fails('ERR_OCI_MISSING_BLOB'))
    }
    await expect(read(source, { ...blob, urls: ['https://x.invalid/'] })).rejects.toThrow(
      /never fetched/,
    )
  })

  test('of an algorithm we cannot check, or with a path for a digest, is never looked for', async () => {
    const layout = new LayoutBuilder()
    await using source = await openLayout(layout.directory)
    for (const [digest, code] of [
      [`sha384:${'0'.repeat(96)}`, 'ERR_OCI_UNSUPPORTED_DIGEST'],
      ['md5:d41d8cd98f00b204e9800998ecf8427e', 'ERR_OCI_UNSUPPORTED_DIGEST'],
      ['sha256:../../oci-layout', 'ERR_OCI_BAD_DIGEST'],
      [`sha256:${'A'.repeat(64)}`, 'ERR_OCI_BAD_DIGEST'],
    ] as const) {
      await expect(read(source, { mediaType: 'a/b', digest, size: 30 })).rejects.toThrow(
        fails(code),
      )
    }
  })

  test('in several chunks, with a break in between', async () => {
    const layout = new LayoutBuilder()
    const large = Buffer.alloc((3 << 20) + 5, 'abc')
    const blob = layout.blob(large, 'a/b')
    await using source = await openLayout(layout.directory)
    const full = { urls: [], annotations: new Map(), ...blob }
    expect((await collect(source.blob(full))).equals(large)).toBe(true)
    for await (const chunk of source.blob(full)) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(collect(source.blob(full, { signal }))).rejects.toThrow('enough')
  })
})

describe('what is no layout', () => {
  test.each([
    ['no directory', 'nothing', 'ERR_OCI_SOURCE_NOT_FOUND'],
    ['an empty directory', 'empty', 'ERR_OCI_NOT_A_LAYOUT'],
    ['a file', 'file', 'ERR_OCI_NOT_A_LAYOUT'],
    ['another version', 'version', 'ERR_OCI_UNSUPPORTED_LAYOUT_VERSION'],
    ['a version of no text', 'number', 'ERR_OCI_BAD_JSON'],
  ] as const)('%s', async (_, name, code) => {
    const directory = temporaryDirectory()
    mkdirSync(join(directory, 'empty'))
    writeFileSync(join(directory, 'file'), '')
    new LayoutBuilder(join(directory, 'version')).write(
      'oci-layout',
      '{"imageLayoutVersion":"1.1.0"}',
    )
    new LayoutBuilder(join(directory, 'number')).write('oci-layout', '{"imageLayoutVersion":1}')
    await expect(openLayout(join(directory, name))).rejects.toThrow(fails(code))
  })

  test('a layout without index.json', async () => {
    await expect(chosen(new LayoutBuilder())).rejects.toThrow(fails('ERR_OCI_NOT_A_LAYOUT'))
  })
})

describe('an archive', () => {
  async function archiveOf(
    change: (
      files: [string, string | Uint8Array | { link: string } | { symlink: string }][],
    ) => void = () => {},
  ) {
    const layout = new LayoutBuilder()
    const large = layout.blob(Buffer.alloc(3 << 20, 'xyz'), LAYER)
    const image = layout.manifest(layout.json({ rootfs: { diff_ids: [] } }, CONFIG), [large])
    layout.finish({ t: image })
    const blobs = readdirSync(join(layout.directory, 'blobs/sha256')).map(
      name => `blobs/sha256/${name}`,
    )
    const files = [...blobs, 'index.json', 'oci-layout'].map(
      name => [name, readFileSync(join(layout.directory, name))] as [string, Uint8Array],
    )
    change(files)
    return { tar: await tarOf(files), image, large }
  }
  async function open(bytes: Uint8Array, options: object = {}) {
    const path = join(temporaryDirectory(), 'image.tar')
    writeFileSync(path, bytes)
    return openArchive(path, { tag: 't', ...options })
  }

  test.each([
    ['plain', (tar: Buffer) => tar],
    ['gzip', (tar: Buffer) => gzipSync(tar)],
    ['zstd', (tar: Buffer) => zstdCompressSync(tar)],
    [
      'gzip of several members',
      (tar: Buffer) => Buffer.concat([gzipSync(tar.subarray(0, 999)), gzipSync(tar.subarray(999))]),
    ],
  ])('%s: is read', async (_, packed) => {
    const { tar, image, large } = await archiveOf()
    await using source = await open(packed(tar))
    expect((await source.manifest()).digest).toBe(image.digest)
    expect(await read(source, large)).toBe('xyz'.repeat(1 << 20))
  })

  test('leaves nothing behind in the temporary directory', async () => {
    const { tar } = await archiveOf()
    const directory = temporaryDirectory()
    await using source = await open(gzipSync(tar), { temporaryDirectory: directory })
    expect(readdirSync(directory)).toEqual([])
    await source.manifest()
  })

  test('that unpacks to too much is refused', async () => {
    const { tar } = await archiveOf()
    await expect(open(gzipSync(tar), { maxUnpackedSize: 1 << 20 })).rejects.toThrow(
      fails('ERR_OCI_BAD_ARCHIVE'),
    )
  })

  test('names may begin with ./', async () => {
    const { tar, image } = await archiveOf(files => {
      for (const file of files) file[0] = `./${file[0]}`
    })
    await using source = await open(tar)
    expect((await source.manifest()).digest).toBe(image.digest)
  })

  test('the last file of a name counts', async () => {
    const { tar } = await archiveOf(files => files.push(['index.json', '{']))
    await using source = await open(tar)
    await expect(source.manifest()).rejects.toThrow(fails('ERR_OCI_BAD_JSON'))
  })

  test('a hard link is the file it names, a symlink is none', async () => {
    const moved = (link: object) => (files: [string, unknown][]) => {
      const at = files.findIndex(([name]) => name === 'index.json')
      const content = files[at]?.[1]
      files[at] = ['blobs/x/index', content]
      files.push(['index.json', link])
    }
    const { tar, image } = await archiveOf(moved({ link: 'blobs/x/index' }))
    await using source = await open(tar)
    expect((await source.manifest()).digest).toBe(image.digest)
    await using other = await open((await archiveOf(moved({ symlink: 'blobs/x/index' }))).tar)
    await expect(other.manifest()).rejects.toThrow(fails('ERR_OCI_NOT_A_LAYOUT'))
  })

  test.each([
    ['an empty file', () => Buffer.alloc(0), 'ERR_OCI_NOT_A_LAYOUT'],
    ['something else', () => Buffer.alloc(2000, 'text'), 'ERR_OCI_BAD_ARCHIVE'],
    ['a tar cut in a blob', (tar: Buffer) => tar.subarray(0, 1 << 20), 'ERR_OCI_BAD_ARCHIVE'],
    [
      'a cut gzip',
      (tar: Buffer) => gzipSync(tar).subarray(0, 500),
      'ERR_OCI_COMPRESSION_TRUNCATED',
    ],
  ] as const)('%s is refused', async (_, change, code) => {
    const { tar } = await archiveOf()
    await expect(open(change(tar))).rejects.toThrow(fails(code))
  })

  test('a directory or nothing at all is refused', async () => {
    const directory = temporaryDirectory()
    await expect(openArchive(directory)).rejects.toThrow(fails('ERR_OCI_BAD_ARCHIVE'))
    await expect(openArchive(join(directory, 'x'))).rejects.toThrow(
      fails('ERR_OCI_SOURCE_NOT_FOUND'),
    )
  })
})
