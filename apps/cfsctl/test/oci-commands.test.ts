import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { buildTar, type LayoutFacts, vectorsDirectory, writeLayout } from '@composefs/test-fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { bytesOf, type Outcome, runOurs, textOf } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'
import { unpack } from './unpack.ts'

function documentOf(outcome: Outcome): Record<string, unknown> {
  return JSON.parse(textOf(outcome)) as Record<string, unknown>
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

describe('OCI images', () => {
  const work = temporaryDirectory()
  const repository = join(work, 'r')
  const run = (...args: string[]) => runOurs(['--repo', repository, ...args])
  const quietly = (...args: string[]) => {
    const outcome = run('-q', ...args)
    expect(outcome.stderr).toBe('')
    return textOf(outcome)
  }
  let layout: LayoutFacts
  let tars: Uint8Array[]

  beforeAll(async () => {
    tars = [
      await buildTar([
        { name: 'usr/', type: 'directory' },
        { name: 'usr/large', content: 'x'.repeat(5000) },
        { name: 'usr/small', content: 'small' },
        { name: 'run/', type: 'directory' },
        { name: 'run/left', content: 'over' },
      ]),
      await buildTar([{ name: 'usr/.wh.small' }, { name: 'usr/second', content: 'y'.repeat(100) }]),
    ]
    layout = writeLayout(join(work, 'layout'), {
      tag: 'app:1',
      layers: tars.map((tar, index) => ({ tar, compression: index === 0 ? 'gzip' : 'zstd' })),
    })
    textOf(runOurs(['init', '--insecure', '--algorithm', 'fsverity-sha256-12', repository]))
  })

  const imageReference = () => `oci:${layout.directory}:app:1`

  test('pull tells what it did, and nothing on a second run', () => {
    const first = run('oci', 'pull', imageReference(), 'app/one:1')
    expect(
      textOf(first)
        .replaceAll(/[0-9a-f]{64}/g, 'HEX')
        .split('\n'),
    ).toEqual([
      'manifest sha256:HEX',
      'config   sha256:HEX',
      'verity   HEX',
      'tagged   app/one:1',
      expect.stringMatching(/^objects {2}2 new \+ 0 already present objects; 4\.98 KiB stored, /),
      'image    HEX',
    ])
    expect(first.stderr).toMatch(/^pull oci:.*: 2 layers, [\d.]+ (B|KiB)\n/)
    expect(first.stderr).toMatch(/^layer [0-9a-f]{12}: done /m)
    const second = run('oci', 'pull', imageReference(), 'app/one:1')
    const words = textOf(first).replace(/^objects .*/m, '')
    expect(textOf(second).replace(/^objects .*/m, '')).toBe(words)
    expect(textOf(second)).toMatch(
      /^objects {2}0 new \+ 0 already present objects; 0 B stored, 0 B /m,
    )
  })

  test('pull has a document, and progress as frames', () => {
    const outcome = run('--json', '--progress=json', 'oci', 'pull', imageReference(), 'app/two')
    expect(documentOf(outcome)).toMatchObject({
      schema: 'cfsctl.oci-pull/1',
      image_ref: imageReference(),
      manifest_digest: layout.manifestDigest,
      config_digest: layout.configDigest,
      tag: 'app/two',
      composefs_boot_erofs: null,
      layers: layout.diffIds.map(diff_id => ({ diff_id, status: 'present' })),
    })
    const frames = outcome.stderr
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1))
    expect(frames.at(-1)).toMatchObject({
      completed: { manifest_digest: layout.manifestDigest, boot_image: null },
    })
  })

  test('a dry run stores nothing', () => {
    const fresh = join(work, 'dry')
    textOf(runOurs(['init', '--insecure', fresh]))
    const text = textOf(
      runOurs(['-q', '--repo', fresh, 'oci', 'pull', '--dry-run', imageReference()]),
    )
    expect(text).toMatch(/^layers {3}2 to fetch, /m)
    expect(textOf(runOurs(['--repo', fresh, 'oci', 'images']))).toBe('No images found')
  })

  test('the tag is the reference unless there is another, or none is wanted', () => {
    quietly('oci', 'pull', imageReference())
    expect(quietly('oci', 'images', '--format', 'plain')).toContain(`${imageReference()}\t`)
    quietly('oci', 'untag', imageReference())
    expect(quietly('oci', 'pull', '--no-tag', imageReference())).not.toMatch(/^tagged/m)
  })

  test('images', () => {
    const digest = layout.manifestDigest.slice('sha256:'.length, 'sha256:'.length + 12)
    expect(quietly('oci', 'images', '--format=plain').split('\n')).toEqual([
      `app/one:1\t${digest}\tamd64\t2\t0`,
      `app/two\t${digest}\tamd64\t2\t0`,
    ])
    expect(quietly('oci', 'images').split('\n')[1]).toMatch(
      /^│ NAME +┆ DIGEST +┆ ARCH +┆ LAYERS ┆ REFS │$/,
    )
    expect(documentOf(run('oci', 'images', '--json')).images).toEqual([
      expect.objectContaining({
        name: 'app/one:1',
        is_container: true,
        layer_count: 2,
        sealed: null,
      }),
      expect.objectContaining({ name: 'app/two', referrer_count: 0 }),
    ])
  })

  test('an image is named in many ways', () => {
    const manifest = readFileSync(
      join(layout.directory, 'blobs/sha256', layout.manifestDigest.slice('sha256:'.length)),
      'utf8',
    )
    const { manifestDigest, configDigest } = layout
    for (const image of [
      'app/one:1',
      manifestDigest,
      `@${manifestDigest}`,
      `app/one:1@${manifestDigest}`,
      manifestDigest.slice(0, 19),
      manifestDigest.slice(7, 19),
      configDigest,
      `@${configDigest}`,
    ]) {
      expect(bytesOf(run('oci', 'inspect', '--manifest', image)).toString()).toBe(`${manifest}\n`)
    }
    const mismatch = run('oci', 'inspect', `app/one:1@sha256:${'0'.repeat(64)}`)
    expect(mismatch.status).toBe(3)
  })

  test('inspect has the keys of cfsctl, and more with --json', () => {
    const text = documentOf(run('oci', 'inspect', 'app/two'))
    const keys = ['manifest', 'config', 'referrers', 'composefs_erofs', 'composefs_boot_erofs']
    expect(Object.keys(text)).toEqual(keys)
    const document = documentOf(run('oci', 'inspect', '--json', 'app/two'))
    expect(Object.keys(document)).toEqual([...keys, 'manifest_digest', 'config_digest', 'tags'])
    expect(document).toMatchObject({ tags: ['app/one:1', 'app/two'], composefs_boot_erofs: null })
  })

  test('tag and untag', () => {
    const { manifestDigest } = layout
    expect(quietly('oci', 'tag', manifestDigest, 'third%/x')).toBe(
      `Tagged ${manifestDigest} as third%/x`,
    )
    expect(documentOf(run('oci', 'tag', '--json', 'app/two', 'third%/x'))).toEqual({
      schema: 'cfsctl.oci-tag/1',
      name: 'third%/x',
      digest: manifestDigest,
      changed: false,
    })
    const untagged = run('oci', 'untag', 'third%/x')
    expect(textOf(untagged)).toBe('Removed tag third%/x')
    expect(untagged.stderr).toBe(`notice: undo it by: cfsctl oci tag ${manifestDigest} third%/x\n`)
    const again = run('oci', 'untag', 'app/twoo')
    expect(again.status).toBe(3)
    expect(again.stderr).toBe(
      'error: OCI reference not found: app/twoo\nhint: did you mean app/two?\n',
    )
  })

  test('layers', () => {
    for (const [index, diffId] of layout.diffIds.entries()) {
      expect(bytesOf(run('oci', 'layer', diffId)).equals(tars[index] ?? Buffer.alloc(0))).toBe(true)
      expect(
        bytesOf(run('cat', `oci-layer-${diffId}`)).equals(tars[index] ?? Buffer.alloc(0)),
      ).toBe(true)
      const lines = quietly('oci', 'layer', '--dumpfile', diffId)
      expect(quietly('oci', 'ls-layer', diffId.slice(0, 20))).toBe(lines)
      expect(documentOf(run('oci', 'layer', '--json', diffId))).toMatchObject({
        diffId,
        size: tars[index]?.length,
        entryCount: lines.split('\n').length,
      })
    }
  })

  test('import-layer checks the digest', async () => {
    const tar = await buildTar([{ name: 'file', content: 'z'.repeat(1000) }])
    const importing = ['--repo', repository, 'oci', 'import-layer']
    const id = textOf(runOurs([...importing, sha256(tar), 'my/layer'], tar))
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(textOf(runOurs([...importing, sha256(tar).slice(7)], gzipSync(tar)))).toBe(id)
    expect(bytesOf(run('cat', 'refs/my/layer')).equals(tar)).toBe(true)
    const wrong = `sha256:${'0'.repeat(64)}`
    const { status, stderr } = runOurs([...importing, wrong], tar)
    expect(status).toBe(4)
    expect(stderr).toContain(wrong)
    expect(stderr).toContain(sha256(tar))
    expect(run('oci', 'layer', wrong).status).toBe(3)
  })

  test('dump and compute-id agree with the image of the pull', () => {
    const { composefs_erofs: id } = documentOf(run('oci', 'inspect', 'app/two'))
    expect(quietly('oci', 'compute-id', 'app/two')).toBe(id)
    expect(quietly('oci', 'compute-id', layout.configDigest)).toBe(id)
    expect(documentOf(run('oci', 'compute-id', '--json', 'app/two'))).toEqual({
      schema: 'cfsctl.oci-compute-id/1',
      image_id: id,
      algorithm: 'fsverity-sha256-12',
      erofs_version: 1,
      bootable: false,
      xattrs: 'allowlist-only',
    })
    const dump = bytesOf(run('oci', 'dump', 'app/two'))
    const version1 = ['--from-file', '--min-version=1', '--print-digest-only', '-']
    expect(textOf(runOurs(['mkcomposefs', ...version1], dump))).toBe(id)
    const paths = dump
      .toString()
      .split('\n')
      .map(line => line.split(' ')[0])
    expect(paths).toEqual(['/', '/run', '/usr', '/usr/large', '/usr/second', ''])
  })

  test('seal writes the label, moves the tag, and does it once', () => {
    const { composefs_erofs: id } = documentOf(run('oci', 'inspect', 'app/two'))
    const sealed = documentOf(run('oci', 'seal', '--json', 'app/two'))
    expect(sealed).toMatchObject({
      schema: 'cfsctl.oci-seal/1',
      source_config: layout.configDigest,
      image_id: id,
      tag: 'app/two',
      changed: true,
    })
    const config = JSON.parse(quietly('oci', 'inspect', '--config', 'app/two'))
    expect(config.config.Labels).toEqual({ 'containers.composefs.fsverity': id })
    expect(quietly('oci', 'compute-id', 'app/two')).toBe(id)
    const { changed, manifest_digest: digest } = documentOf(run('oci', 'seal', 'app/two', '--json'))
    expect([changed, digest]).toEqual([false, sealed.manifest_digest])
    // The image under its other tag stays as it is.
    expect(JSON.parse(quietly('oci', 'inspect', 'app/one:1')).config).not.toContain('composefs')
    expect(quietly('oci', 'seal', 'app/one:1', '--tag', 'app/sealed').split('\n')).toEqual([
      `manifest ${sealed.manifest_digest}`,
      `config   ${sealed.config_digest}`,
      expect.stringMatching(/^verity {3}[0-9a-f]{64}$/),
      'tagged   app/sealed',
      `image    ${id}`,
    ])
    const untagged = run('oci', 'seal', layout.manifestDigest)
    expect(textOf(untagged)).not.toMatch(/^tagged/m)
    expect(untagged.stderr).toMatch(/^notice: the sealed image has no tag/)
  })

  test.each([
    ['bad-diffid', 'diff-id-mismatch'],
    ['bad-blob', 'digest-mismatch'],
  ])('the image %s is refused, and leaves no name', (name, code) => {
    unpack(join(vectorsDirectory, `repo/layouts/${name}.tar`), work)
    const outcome = run('--json', '--progress=none', 'oci', 'pull', `oci:${join(work, name)}`, name)
    expect(outcome.status).toBe(4)
    expect(JSON.parse(outcome.stderr).error).toMatchObject({ code, exit: 4 })
    expect(quietly('oci', 'images', '--format', 'plain')).not.toContain(name)
  })
})
