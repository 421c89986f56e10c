import { SHA256, SHA512 } from '@composefs/fsverity'
import { buildTar } from '@composefs/test-fixtures'
import { describe, expect, test } from 'vitest'
import { pull } from '../src/pull/pull.ts'
import { LayoutBuilder } from './layout-builder.ts'
import { digestsOf, idsOf, platform, pulledIds } from './layout-digests.ts'
import { temporaryRepository } from './temporary-repository.ts'

describe('the ids of boot variants', () => {
  const directories = (...names: string[]) =>
    names.map(name => ({ name, type: 'directory' }) as const)
  const selinux = ['etc', 'etc/selinux', 'etc/selinux/t', 'etc/selinux/t/contexts']
  const base = () => [
    ...directories('usr', 'boot', 'sysroot', ...selinux, 'etc/selinux/t/contexts/files'),
    { name: 'boot/vmlinuz', content: 'kernel'.repeat(100) },
    { name: 'usr/a', content: 'a'.repeat(100) },
  ]
  const config = `# of the policy\n${'#\n'.repeat(100)}SELINUXTYPE=t\n`
  const rules = (label: string, size = 100) => `${'#\n'.repeat(size)}/usr(/.*)? ${label}\n`
  const files = 'etc/selinux/t/contexts/files/file_contexts'

  const CASES: readonly (readonly [string, () => Promise<readonly Uint8Array[]>])[] = [
    ['without a policy', async () => [await buildTar(base())]],
    [
      'with a policy',
      async () => [
        await buildTar([
          ...base(),
          { name: 'etc/selinux/config', content: config },
          { name: files, content: rules('L') },
        ]),
      ],
    ],
    [
      'with a policy that comes in pieces, under paths that begin with a dot',
      async () => [
        await buildTar([
          ...base(),
          { name: './etc/selinux/config', content: config },
          { name: `./${files}`, content: rules('L', 200_000) },
        ]),
      ],
    ],
    [
      'with a policy of a higher layer',
      async () => [
        await buildTar([
          ...base(),
          { name: 'etc/selinux/config', content: config },
          { name: files, content: rules('L') },
        ]),
        await buildTar([{ name: files, content: rules('M') }]),
      ],
    ],
    [
      'with a policy of hard links to files elsewhere',
      async () => [
        await buildTar([
          ...base(),
          ...directories('sysroot/ostree'),
          { name: 'sysroot/ostree/1', content: config },
          { name: 'sysroot/ostree/2', content: rules('L', 200_000) },
          { name: 'sysroot/ostree/3', content: rules('X', 200_000) },
        ]),
        await buildTar([
          { name: 'etc/selinux/config', type: 'link', linkname: 'sysroot/ostree/1' },
          { name: files, type: 'link', linkname: 'sysroot/ostree/2' },
        ]),
      ],
    ],
  ]

  test.each(CASES)('%s', async (_, tars) => {
    const layout = new LayoutBuilder()
    layout.finish({ t: layout.image(await tars()) })
    const { images } = await digestsOf(layout, { bootable: true })
    expect(Object.keys(idsOf(images[0]))).toEqual(
      ['sha256 V1', 'sha256 V2', 'sha512 V1', 'sha512 V2'].flatMap(id => [id, `${id} boot`]),
    )
    const expected = await pulledIds(layout)
    for (const algorithm of [SHA256, SHA512]) {
      for (const version of [1, 2] as const) {
        const repository = await temporaryRepository({ algorithm, versions: [version] })
        const { composefsBootErofs } = await pull(repository, `oci:${layout.directory}:t`, {
          noTag: true,
          platform,
          bootable: true,
        })
        expected[`${algorithm.name} V${version} boot`] = composefsBootErofs?.hex ?? ''
      }
    }
    expect(idsOf(images[0])).toEqual(expected)
  })

  test('read the layers again only for a policy that came under another name', async () => {
    const again = 'reading the layers again for the SELinux policy'
    for (const [name, tars] of CASES) {
      const layout = new LayoutBuilder()
      layout.finish({ t: layout.image(await tars()) })
      const { progress } = await digestsOf(layout, { bootable: true, algorithms: [SHA256] })
      const isRead = progress.some(event => event.kind === 'message' && event.message === again)
      expect(isRead, name).toBe(name.includes('hard links'))
    }
  })

  test('keep no more of policies than a limit', async () => {
    const layout = new LayoutBuilder()
    const many = Array.from({ length: 10 }, (_, index) => ({
      name: `etc/selinux/u${index}/contexts/files/file_contexts`,
      content: `#${index}\n`.repeat(1_500_000),
    }))
    const tar = await buildTar([
      ...base(),
      ...many,
      { name: 'etc/selinux/config', content: config },
      { name: files, content: rules('L') },
    ])
    layout.finish({ t: layout.image([tar]) })
    // Each of ten is larger than a policy file may be, so none is kept.
    const { images } = await digestsOf(layout, { bootable: true, algorithms: [SHA256] })
    expect(images[0]?.ids).toHaveLength(4)
    const over = await buildTar([
      ...base(),
      ...many.map(({ name, content }) => ({ name, content: content.slice(0, 3_900_000) })),
      { name: 'etc/selinux/config', content: config },
      { name: files, content: rules('L', 1_900_000) },
    ])
    const full = new LayoutBuilder()
    full.finish({ t: full.image([over]) })
    await expect(digestsOf(full, { bootable: true, algorithms: [SHA256] })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_OCI_POLICY_TOO_COMPLEX' }),
    )
  }, 60_000)
})
