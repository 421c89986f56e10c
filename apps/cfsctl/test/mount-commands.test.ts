import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { buildTar, vectorsDirectory, writeLayout } from '@composefs/test-fixtures'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { shellWord } from '../src/output/shell-word.ts'
import { runOurs, textOf } from './programs.ts'
import { temporaryDirectory } from './temporary.ts'
import { unpack } from './unpack.ts'

const reason = whyNoMounts()

describe.skipIf(reason !== undefined)(
  `mounting${reason === undefined ? '' : `: ${reason}`}`,
  () => {
    const work = temporaryDirectory()
    const repository = join(work, 'r')
    const target = join(work, 'mnt')
    const run = (...args: string[]) => runOurs(['--repo', repository, ...args])
    let id = ''

    beforeAll(async () => {
      const root = join(work, 'root')
      mkdirSync(join(root, 'usr/bin'), { recursive: true })
      mkdirSync(target)
      writeFileSync(join(root, 'usr/large'), Buffer.alloc(100_000, 'large'))
      writeFileSync(join(root, 'usr/small'), 'small')
      symlinkSync('usr/bin', join(root, 'bin'))
      textOf(runOurs(['init', '--insecure', '--algorithm', 'fsverity-sha256-12', repository]))
      id = textOf(run('create-image', root, 'my/image'))
      textOf(run('create-image', root, 'plain'))
      const tar = await buildTar([
        { name: 'usr/', type: 'directory' },
        { name: 'usr/large', content: 'from a layer '.repeat(1000) },
      ])
      const layout = writeLayout(join(work, 'layout'), {
        tag: 'app',
        layers: [{ tar, compression: 'gzip' }],
      })
      textOf(run('-q', 'oci', 'pull', `oci:${layout.directory}:app`, 'app'))
    })
    afterEach(() => void spawnSync('umount', ['-lq', target]))
    // Nothing is removed below a mount that is still there.
    afterAll(() => expect(mountsBelow(work)).toEqual([]))

    test.each(['refs/my/image', 'plain', 'ID', 'BARE'])('by %s', name => {
      const image = name === 'ID' ? id : name === 'BARE' ? id.slice('sha256:'.length) : name
      const outcome = run('mount', image, target)
      expect([outcome.status, outcome.stdout.toString(), outcome.stderr]).toEqual([0, '', ''])
      expect(readdirSync(target).sort()).toEqual(['bin', 'usr'])
      expect(readFileSync(join(target, 'usr/large'))).toEqual(Buffer.alloc(100_000, 'large'))
      expect(readFileSync(join(target, 'usr/small'), 'utf8')).toBe('small')
      expect(() => writeFileSync(join(target, 'usr/new'), '')).toThrow(/EROFS/)
      expect(textOf(run('umount', target))).toBe('')
      expect(readdirSync(target)).toEqual([])
    })

    test('has a document', () => {
      expect(JSON.parse(textOf(run('--json', 'mount', 'plain', target)))).toEqual({
        schema: 'cfsctl.mount/1',
        image_id: id.slice('sha256:'.length),
        mountpoint: target,
        mode: 'kernel',
        verity: 'off',
        read_write: false,
        server_pid: null,
      })
    })

    test.each([
      [[], false],
      [['--read-write'], true],
    ])('with an upper directory, flags %j', (flags, isWritable) => {
      const [upper, workdir] = ['upper', 'workdir'].map(name => join(work, name)) as [
        string,
        string,
      ]
      for (const directory of [upper, workdir]) {
        rmSync(directory, { recursive: true, force: true })
        mkdirSync(directory)
      }
      const layers = ['--upperdir', upper, '--workdir', workdir, ...flags]
      textOf(run('mount', 'plain', target, ...layers))
      const write = () => writeFileSync(join(target, 'usr/new'), 'new')
      if (isWritable) write()
      else expect(write).toThrow(/EROFS/)
      textOf(run('umount', target))
      expect(existsSync(join(upper, 'usr/new'))).toBe(isWritable)
    })

    test('an OCI image by tag and by digest, sealed or not', () => {
      const look = () => readFileSync(join(target, 'usr/large'), 'utf8').slice(0, 12)
      textOf(run('oci', 'mount', 'app', target))
      expect(look()).toBe('from a layer')
      textOf(run('umount', target))
      const { manifest_digest: digest } = JSON.parse(textOf(run('oci', 'seal', 'app', '--json')))
      for (const name of ['app', digest, `@${digest}`]) {
        textOf(run('oci', 'mount', name, target))
        expect(look()).toBe('from a layer')
        textOf(run('umount', target))
      }
    })

    test('an image whose label contradicts it is refused', () => {
      unpack(join(vectorsDirectory, 'repo/repos/sealed.tar'), work)
      const mount = (tag: string) =>
        runOurs(['--json', '--repo', join(work, 'sealed'), 'oci', 'mount', tag, target])
      expect(mount('good').status).toBe(0)
      textOf(run('umount', target))
      const bad = mount('bad')
      expect([bad.status, JSON.parse(bad.stderr).error.code]).toEqual([4, 'seal-mismatch'])
    })

    test('the boot variant: emptied, and labelled', async () => {
      const files = 'etc/selinux/t/contexts/files/file_contexts'
      const tar = await buildTar([
        ...['usr/', 'boot/', 'sysroot/'].map(name => ({ name, type: 'directory' as const })),
        { name: 'boot/vmlinuz', content: 'kernel' },
        { name: 'etc/selinux/config', content: 'SELINUXTYPE=t\n' },
        { name: files, content: '/usr -d system_u:object_r:usr_t:s0\n' },
      ])
      const layout = join(work, 'bootable')
      writeLayout(layout, { tag: 'os', layers: [{ tar, compression: 'plain' }] })
      textOf(run('-q', 'oci', 'pull', '--bootable', `oci:${layout}:os`, 'os'))
      textOf(run('oci', 'mount', '--bootable', 'os', target))
      expect(readdirSync(join(target, 'boot'))).toEqual([])
      const label = ['-h', '--only-values', '-n', 'security.selinux', join(target, 'usr')]
      expect(spawnSync('getfattr', label).stdout.toString()).toBe('system_u:object_r:usr_t:s0')
      textOf(run('umount', target))
      textOf(run('oci', 'mount', 'os', target))
      expect(readdirSync(join(target, 'boot'))).toEqual(['vmlinuz'])
    })

    test('an image that was changed is refused', () => {
      unpack(join(vectorsDirectory, 'repo/repos/images.tar'), work)
      const image = '2d4d0a13f5b77594923fc40a108a927273dc911514f827e0f251b567538ee201'
      const path = join(work, 'images/objects', image.slice(0, 2), image.slice(2))
      const bytes = readFileSync(path)
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
      writeFileSync(path, bytes)
      for (const name of [image, 'refs/my/name']) {
        const outcome = runOurs(['--json', '--repo', join(work, 'images'), 'mount', name, target])
        expect(outcome.status).toBe(4)
        expect(JSON.parse(outcome.stderr).error.code).toBe('verity-mismatch')
      }
    })

    test.each([
      [['mount', 'nope', 'TARGET'], 3, 'image not found: nope'],
      [['mount', 'app', 'TARGET'], 3, 'cfsctl oci mount app MOUNTPOINT'],
      [['oci', 'mount', 'plain', 'TARGET'], 3, 'cfsctl mount refs/plain MOUNTPOINT'],
      [['oci', 'mount', 'app', '--bootable', 'TARGET'], 1, 'No boot EROFS image linked'],
      [['mount', 'plain', '/nowhere'], 1, '/nowhere: no such file or directory'],
      [['mount', 'plain', '/proc/version'], 1, 'not a directory'],
      [['mount', '--fuse=yes', 'plain', 'TARGET'], 5, 'not in this release: --fuse yes'],
      [['umount', 'TARGET'], 1, 'nothing is mounted'],
      [['umount', '/proc'], 1, 'no composefs mount'],
      [['umount', ''], 1, 'no such file or directory'],
    ])('%j fails with exit %i', (args, status, message) => {
      const outcome = run(...args.map(word => (word === 'TARGET' ? target : word)))
      expect(outcome.status).toBe(status)
      expect(outcome.stderr).toContain(message)
    })

    test('a mount in use is told with its users, and --lazy takes it away', () => {
      textOf(run('mount', 'plain', target))
      const user = spawn('sleep', ['60'], { cwd: target })
      try {
        const { status, stderr } = run('umount', target)
        expect(status).toBe(1)
        expect(stderr).toMatch(/^error: .* is in use\nhint: process \d+ \(sleep\) uses it: cwd\n/)
        textOf(run('umount', '--lazy', target))
        expect(readdirSync(target)).toEqual([])
      } finally {
        user.kill()
      }
    })

    test('what a hint says to type names the mount point, whatever is in its name', () => {
      const strange = join(target, '..', "a b;'\n")
      mkdirSync(strange)
      textOf(run('mount', 'plain', strange))
      const user = spawn('sleep', ['60'], { cwd: strange })
      try {
        const { stderr } = run('umount', strange)
        expect(stderr).toContain(`hint: cfsctl umount --lazy ${shellWord(strange)} detaches it now`)
      } finally {
        user.kill()
        textOf(run('umount', '--lazy', strange))
        rmSync(strange, { recursive: true })
      }
    })
  },
)

/** What this machine lacks; undefined when it can mount. */
function whyNoMounts(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root'
  if (spawnSync('unshare', ['-m', 'true']).status !== 0) return 'needs CAP_SYS_ADMIN'
  const types = readFileSync('/proc/filesystems', 'utf8')
  const missing = ['erofs', 'overlay'].filter(type => !types.includes(`\t${type}\n`))
  return missing.length === 0 ? undefined : `the kernel has no ${missing.join(' and no ')}`
}

function mountsBelow(directory: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(line => line.includes(` ${directory}/`))
}
