import { imageDigest } from '@composefs/erofs'
import { Digest, SHA256 } from '@composefs/fsverity'
import { buildTar } from '@composefs/test-fixtures'
import { describe, expect, test } from 'vitest'
import { buildTree, parsePlatform, pull } from '../src/index.ts'
import type { PullOptions } from '../src/pull/pull-options.ts'
import { openImageConfig } from '../src/store/open-image.ts'
import { LayoutBuilder } from './layout-builder.ts'
import { ociCode } from './oci-code.ts'
import { temporaryRepository } from './temporary-repository.ts'
import { visibleNames } from './visible-names.ts'

const OPTIONS: PullOptions = { tag: 'os', platform: parsePlatform('linux/amd64') }
const DIRECTORIES = ['usr/', 'boot/', 'sysroot/']

const BOOTABLE: PullOptions = { bootable: true, ...OPTIONS }

/** A layout with one image; with a file that the xattr filters treat differently. */
async function layoutOf(directories: readonly string[] = DIRECTORIES): Promise<string> {
  const files = 'etc/selinux/t/contexts/files/file_contexts'
  const tar = await buildTar([
    ...directories.map(name => ({ name, type: 'directory' as const })),
    { name: 'etc/a', content: 'a', xattrs: { 'user.a': '1' } },
    // Larger than what is kept inline: it is read from its object.
    { name: files, content: `/.* system_u:object_r:all_t:s0\n${'#'.repeat(100)}` },
    { name: 'etc/selinux/config', content: 'SELINUXTYPE=t\n' },
  ])
  const layout = new LayoutBuilder()
  layout.finish({ t: layout.image([tar]) })
  return `oci:${layout.directory}:t`
}

const keysOf = async (repository: Parameters<typeof pull>[0]) =>
  [...(await openImageConfig(repository, 'os')).images.keys()].sort()

describe('a pull of a bootable image', () => {
  test('makes an image of each format, which can be opened', async () => {
    const repository = await temporaryRepository({ versions: [1, 2] })
    const result = await pull(repository, await layoutOf(), { ...OPTIONS, bootable: true })
    expect(await keysOf(repository)).toEqual([
      'composefs.image',
      'composefs.image.boot',
      'composefs.image.boot.v1',
      'composefs.image.v1',
    ])
    const { images } = await openImageConfig(repository, 'os')
    for (const digest of images.values()) expect(repository.images.has(digest)).toBe(true)
    expect(new Set([...images.values()].map(({ hex }) => hex)).size).toBe(4)
    const boot = images.get('composefs.image.boot.v1')
    expect(result.composefsBootErofs).toEqual(boot)
    expect(result.bootImage).toMatchObject({ format: 1, xattrs: 'allowlist-only', digest: boot })
  })

  test('a second one changes nothing, and one without the option keeps what is there', async () => {
    const repository = await temporaryRepository()
    const layout = await layoutOf()
    const first = await pull(repository, layout, { ...OPTIONS, bootable: true })
    const before = visibleNames(repository)
    expect((await pull(repository, layout, { ...OPTIONS, bootable: true })).manifestVerity).toEqual(
      first.manifestVerity,
    )
    const plain = await pull(repository, layout, OPTIONS)
    expect(plain.composefsBootErofs).toEqual(first.composefsBootErofs)
    expect(visibleNames(repository)).toEqual(before)
  })

  test('the image may be there without a boot image: the layers are not read again', async () => {
    const repository = await temporaryRepository()
    const layout = await layoutOf()
    await pull(repository, layout, OPTIONS)
    const result = await pull(repository, layout, { ...OPTIONS, bootable: true })
    expect(result.layers.map(({ status }) => status)).toEqual(['present'])
    expect(result.statistics.bytesFetched).toBe(0)
    expect(await keysOf(repository)).toEqual(['composefs.image.boot.v1', 'composefs.image.v1'])
  })

  test.each(DIRECTORIES)('without /%s nothing but the layer gets a name', async name => {
    const repository = await temporaryRepository()
    const layout = await layoutOf(DIRECTORIES.filter(other => other !== name))
    const code = await ociCode(() => pull(repository, layout, { ...OPTIONS, bootable: true }))
    expect(code).toBe('ERR_OCI_BOOT_NO_DIRECTORY')
    expect(visibleNames(repository)).toEqual([expect.stringMatching(/^streams\/oci-layer-/)])
  })
})

describe('an expected boot image', () => {
  test.each([
    ['allowlist-only', 2, 'composefs.image.boot'],
    ['keep-user-xattrs', 1, 'composefs.image.boot.v1.xattrs=keep-user-xattrs'],
    ['keep-user-xattrs', 2, 'composefs.image.boot.xattrs=keep-user-xattrs'],
  ] as const)('is found among the settings: %s, V%i', async (xattrs, version, key) => {
    const layout = await layoutOf()
    const ids = await bootIds(layout)
    const expected = ids.get(`${xattrs} ${version}`)
    const repository = await temporaryRepository()
    // By making it, then among those that are there.
    for (const _ of [1, 2]) {
      const result = await pull(repository, layout, { ...BOOTABLE, expectedBootImage: expected })
      expect(result.bootImage).toMatchObject({ digest: expected, xattrs, format: version })
      expect(result.composefsBootErofs).toEqual(expected)
    }
    expect(await keysOf(repository)).toEqual([key, 'composefs.image.v1'])
  })

  test('that nothing has is an error; the image is there all the same', async () => {
    const repository = await temporaryRepository()
    const layout = await layoutOf()
    const expectedBootImage = Digest.fromHex('00'.repeat(32), SHA256)
    const act = () => pull(repository, layout, { ...BOOTABLE, expectedBootImage })
    expect(await ociCode(act)).toBe('ERR_OCI_NO_EXPECTED_BOOT_IMAGE')
    expect(await ociCode(act)).toBe('ERR_OCI_NO_EXPECTED_BOOT_IMAGE')
    expect(await keysOf(repository)).toEqual(['composefs.image.v1'])
  })
})

/** The boot ids that the layers of an image make, by filter and format. */
async function bootIds(layout: string): Promise<Map<string, Digest>> {
  const repository = await temporaryRepository()
  await pull(repository, layout, OPTIONS)
  const config = await openImageConfig(repository, 'os')
  const ids = new Map<string, Digest>()
  for (const xattrs of ['allowlist-only', 'keep-user-xattrs'] as const) {
    const tree = await buildTree(repository, config, { xattrs, bootable: true })
    for (const version of [1, 2] as const) {
      ids.set(`${xattrs} ${version}`, imageDigest(tree, { version, algorithm: SHA256 }))
    }
  }
  return ids
}
