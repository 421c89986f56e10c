import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { cfsctl } from '../../src/command-table.ts'
import { complete } from '../../src/completion/complete.ts'
import { temporaryDirectory } from '../temporary.ts'
import { type Stocked, stock, TAGS } from './stocked.ts'

describe('completion offers', () => {
  const work = temporaryDirectory()
  let stocked: Stocked

  beforeAll(async () => {
    stocked = await stock(work)
  })

  /** The lines for the words, in a repository that the environment names. */
  function lines(...words: readonly string[]): Promise<string[]> {
    return complete(cfsctl, words, { CFSCTL_REPO: stocked.repository, HOME: work })
  }

  async function values(...words: readonly string[]): Promise<string[]> {
    return (await lines(...words)).map(line => line.replace(/\t.*/, ''))
  }

  test('commands, with what they do', async () => {
    const all = await values('')
    expect(all).toEqual(expect.arrayContaining(['init', 'oci', 'image', 'mkcomposefs', 'help']))
    expect(all).toContain('list-images')
    // What a later release has cannot be used.
    for (const word of ['ostree', 'varlink', 'fetch']) expect(all).not.toContain(word)
    expect(await lines('oci', 'ins')).toEqual([
      'inspect\tShow manifest, config and ids of an image',
    ])
    expect(await values('oci', 'pre')).toEqual([])
    expect(await values('help', 'oci', 'pul')).toEqual(['pull'])
    expect(await values('man', 'oci', 'pul')).toEqual(['pull'])
    expect(await values('man', 'composefs-')).toEqual(['composefs-dump', 'composefs-info'])
  })

  test('options that may still be given', async () => {
    expect(await values('gc', '-')).toEqual(expect.arrayContaining(['-n', '--dry-run', '--json']))
    expect(await values('gc', '-n', '--dr')).toEqual([])
    // One that may be repeated stays, one that is excluded does not.
    expect(await values('gc', '-r', 'x', '--ro')).toEqual(['--root'])
    expect(await values('--user', 'fsck', '--sys')).toEqual([])
    expect(await values('oci', 'inspect', '--config', '--mani')).toEqual([])
    expect(await values('init', '--insec')).toEqual(['--insecure'])
    // Hidden for all others, but not for init.
    expect(await values('fsck', '--insec')).toEqual([])
    expect(await values('gc', '--', '--dr')).toEqual([])
  })

  test('values of options', async () => {
    expect(await values('--color', '')).toEqual(['auto', 'always', 'never'])
    expect(await values('--color=a')).toEqual(['--color=auto', '--color=always'])
    expect(await values('--erofs-version', '')).toEqual(['0', '1', '2'])
    // What a later release knows is left out.
    expect(await values('mount', '--fuse', '')).not.toContain('yes')
    expect(await values('oci', 'pull', '--platform', 'linux/arm')).toEqual([
      'linux/arm64',
      'linux/arm/v7',
    ])
    expect(await values('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  })

  test('files of the shell', async () => {
    expect(await lines('--repo', '')).toEqual(['\tdirectories\t'])
    expect(await lines('--repo=/s')).toEqual(['\tdirectories\t--repo='])
    expect(await lines('oci', 'pull', '--authfile=x')).toEqual(['\tfiles\t--authfile='])
    expect(await lines('mkcomposefs', '')).toEqual(['\tfiles\t'])
    expect(await lines('composefs-info', 'ls', 'a', '')).toEqual(['\tfiles\t'])
  })

  test('options of the tools, which may be cut short', async () => {
    expect(await values('mkcomposefs', '--print')).toEqual([
      '--print-digest',
      '--print-digest-only',
    ])
    expect(await lines('mkcomposefs', '--digest=')).toEqual(['\tdirectories\t--digest='])
    expect(await values('composefs-info', '')).toEqual(
      expect.arrayContaining(['ls', 'dump', 'objects', 'missing-objects', 'measure-file']),
    )
    expect(await values('mount.composefs', '-o', 'basedir=/o,ver')).toEqual(['basedir=/o,verity'])
    expect(await values('mount.composefs', '-o', 'verity,ver')).toEqual([])
  })

  test('tags', async () => {
    expect(await values('oci', 'untag', '')).toEqual(TAGS)
    expect(await values('oci', 'inspect', '')).toEqual(TAGS)
    expect(await values('oci', 'inspect', 'quay.io/a/b@')).toContain('quay.io/a/b@c:1%x')
  })

  test('digests as they are begun', async () => {
    const { manifest } = stocked
    const digits = manifest.slice('sha256:'.length)
    expect(await lines('oci', 'inspect', `@${manifest.slice(0, 12)}`)).toEqual([
      `@${manifest}\t${TAGS.join(', ')}`,
    ])
    expect(await values('oci', 'tag', manifest.slice(0, 12))).toEqual([manifest])
    expect(await values('oci', 'tag', digits.slice(0, 4))).toEqual([digits])
    expect(await values('oci', 'inspect', 'plain@')).toEqual([`plain@${manifest}`])
    const [layer = ''] = readdirSync(join(stocked.repository, 'streams')).filter(name =>
      name.startsWith('oci-layer-'),
    )
    expect(await values('oci', 'layer', layer.slice('oci-layer-'.length, -50))).toEqual([
      layer.slice('oci-layer-'.length),
    ])
  })

  test('names and ids of images, streams and objects', async () => {
    expect(await values('mount', '')).toEqual(['refs/my/image', 'top'])
    expect(await values('image', 'rm', '')).toEqual(['my/image', 'top'])
    const [id = ''] = readdirSync(join(stocked.repository, 'images'))
    expect(await values('image-objects', id.slice(0, 9))).toEqual([id])
    expect(await values('image-objects', `sha512:${id.slice(0, 9)}`)).toEqual([`sha512:${id}`])
    expect(await values('oci', 'linked-erofs-images', id.slice(0, 9))).toEqual([id])
    expect(await values('cat', 'oci-man')).toEqual([`oci-manifest-${stocked.manifest}`])
    expect(await values('cat', 'refs/oci/pl')).toEqual(['refs/oci/plain'])
    expect(await values('gc', '--root', id.slice(0, 9))).toEqual([id])
    expect(await values('gc', '--why', id.slice(0, 9))).toEqual([id])
    expect(await values('gc', '--why', '')).toEqual([])
  })

  test('what they offer is what the commands take', () => {
    const { repository, manifest, run } = stocked
    const ours = (...args: string[]) => run(['--repo', repository, ...args]).status
    for (const name of ['refs/my/image', 'top']) expect(ours('image-objects', name)).toBe(0)
    for (const name of [...TAGS, `plain@${manifest}`, manifest.slice('sha256:'.length)]) {
      expect([name, ours('oci', 'inspect', name)]).toEqual([name, 0])
    }
  })

  test('the repository that is named, before or after the command', async () => {
    const other = join(work, 'other')
    mkdirSync(join(other, 'streams/refs/oci'), { recursive: true })
    symlinkSync(`../../oci-manifest-${stocked.manifest}`, join(other, 'streams/refs/oci/x%2Fy'))
    const name = basename(other)
    for (const words of [
      ['--repo', other, 'oci', 'untag', ''],
      ['oci', 'untag', '--repo', other, ''],
      [`--repo=${other}`, 'oci', 'untag', ''],
      // As it is typed: the shell has not looked at it yet.
      ['--repo', `~/${name}`, 'oci', 'untag', ''],
      ['--repo', `$HOME/${name}`, 'oci', 'untag', ''],
      ['--repo', `\${HOME}/${name}`, 'oci', 'untag', ''],
    ]) {
      expect([words, await values(...words)]).toEqual([words, ['x/y']])
    }
    expect(await values('--repo', join(work, 'nowhere'), 'oci', 'untag', '')).toEqual([])
    expect(await values('--no-repo', 'oci', 'untag', '')).toEqual([])
  })

  test('places where images are', async () => {
    const { layout } = stocked
    expect(await values('oci', 'pull', '')).toEqual(
      expect.arrayContaining(['docker://', 'oci:', 'oci-archive:', 'containers-storage:']),
    )
    expect(await values('oci', 'push', 'plain', '')).toEqual(['docker://'])
    expect(await values('oci', 'export', 'plain', 'oci')).toEqual(['oci:', 'oci-archive:'])
    expect(await values('oci', 'pull', `oci:${layout.slice(0, -2)}`)).toEqual([`oci:${layout}/`])
    const tagged = join(work, 'tagged:layout')
    mkdirSync(tagged)
    const annotations = { 'org.opencontainers.image.ref.name': 'v1' }
    writeFileSync(join(tagged, 'index.json'), JSON.stringify({ manifests: [{ annotations }, {}] }))
    expect(await values('oci', 'pull', `oci:${tagged}:`)).toEqual([`oci:${tagged}:v1`])
    expect(await values('oci', 'pull', `oci:${tagged}/`)).toContain(`oci:${tagged}/:v1`)
    expect(await lines('oci', 'pull', 'docker://quay.io/')).toEqual([])
  })

  test('places beside what cannot be looked at', async () => {
    const hostile = join(work, 'hostile')
    mkdirSync(join(hostile, 'piped'), { recursive: true })
    mkdirSync(join(hostile, 'endless'))
    symlinkSync('loop', join(hostile, 'loop'))
    execFileSync('mkfifo', [join(hostile, 'piped/index.json')])
    symlinkSync('/dev/zero', join(hostile, 'endless/index.json'))
    const found = ['endless', 'piped'].map(name => `oci:${hostile}/${name}/`)
    expect(await values('oci', 'pull', `oci:${hostile}/`)).toEqual(found)
    for (const place of ['piped', 'endless']) {
      expect(await values('oci', 'pull', `oci:${hostile}/${place}:`)).toEqual([])
    }
  })

  test('descriptions without control characters', async () => {
    const refs = join(work, 'described/images/refs')
    mkdirSync(refs, { recursive: true })
    symlinkSync('../\u001b]0;x\u0007\u009b2J', join(refs, 'name'))
    expect(await lines('--repo', join(work, 'described'), 'image', 'rm', '')).toEqual([
      'name\t\\x1b]0;x\\x07\\xc2\\x9b2J',
    ])
  })

  test('nothing that a shell cannot be told, and no error', async () => {
    const odd = join(work, 'odd')
    const refs = join(odd, 'images/refs')
    mkdirSync(refs, { recursive: true })
    const names = ['a\nb', 'c\td', 'e f', 'g\u009b2J', Buffer.from('h\xff', 'latin1')]
    for (const name of names) {
      symlinkSync('../x', Buffer.concat([Buffer.from(`${refs}/`), Buffer.from(name)]))
    }
    expect(await values('--repo', odd, 'image', 'rm', '')).toEqual(['e f'])
    writeFileSync(join(odd, 'streams'), 'no directory')
    expect(await values('--repo', odd, 'oci', 'untag', '')).toEqual([])
    for (const words of [
      [],
      ['nonsense', ''],
      ['oci', 'nonsense', ''],
      ['--nonsense', 'images', ''],
      ['--repo'],
      ['images', 'too', 'many', ''],
      ['\u0000', '\u0000'],
      ['--repo=\u0000', 'oci', 'untag', ''],
    ]) {
      const { status, stderr } = stocked.run([
        '__complete',
        ...words.filter(word => !word.includes('\0')),
      ])
      expect([words, status, stderr]).toEqual([words, 0, ''])
      await complete(cfsctl, words, {})
    }
  })

  test.each(['bash', 'zsh', 'fish'])('the script of %s, also by COMPLETE', shell => {
    const asked = stocked.run(['completion', shell])
    expect([asked.status, asked.stderr]).toEqual([0, ''])
    expect(asked.stdout).toContain('__complete')
    for (const COMPLETE of [shell, `/usr/bin/${shell}`]) {
      expect(stocked.run([], { COMPLETE })).toEqual(asked)
    }
    // With words a command is meant.
    const version = stocked.run(['--version'], { COMPLETE: shell })
    expect(version.stdout).toMatch(/^cfsctl /)
  })

  test('no script for other shells', () => {
    for (const { status, stderr } of [
      stocked.run(['completion', 'tcsh']),
      stocked.run([], { COMPLETE: 'tcsh' }),
    ]) {
      expect(status).toBe(2)
      expect(stderr).toContain('there is no completion for tcsh')
      expect(stderr).toContain('bash, zsh, fish')
    }
    expect(stocked.run([], { COMPLETE: '0' }).stderr).toContain('Usage:')
  })
})
