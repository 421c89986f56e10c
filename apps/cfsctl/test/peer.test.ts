import { createHash } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { vectorsDirectory } from '@composefs/test-fixtures'
import { afterAll, describe, expect, test } from 'vitest'
import { type Outcome, peer, runOurs, runPeer } from './programs.ts'
import { unpack } from './unpack.ts'

const why = peer === undefined ? ': CFSCTL_PEER is not set' : ''
const vectors = join(vectorsDirectory, 'repo')

/** What a repository of the vectors holds, as far as these tests ask. */
interface Facts {
  readonly streams?: Readonly<Record<string, { readonly verity?: string }>>
  readonly refs?: Readonly<Record<string, string>>
  readonly images?: Readonly<Record<string, unknown>>
  readonly image_refs?: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, { readonly manifest_sha256?: string }>>
}

const REPOSITORIES = readdirSync(join(vectors, 'repos'))
  .filter(name => name.endsWith('.json'))
  .map(name => basename(name, '.json'))
  // Its old configs have their JSON inline, which the peer refuses and we read.
  .filter(name => name !== 'seed-inline-config')

/** The peer gives a repository without meta.json the wrong format of images. */
const MISREAD_BY_PEER = 'legacy-old-headers'

/** Layouts whose pull is one of our repairs: wrong diff ids, no `/usr`, Docker types, artifacts without platform. */
const REPAIRED = ['artifact-noplat', 'bad-blob', 'bad-diffid', 'dialects', 'docker', 'nousr']
/** Layers we refuse: sizes on entries that have no content. */
const REFUSED = ['odd']

describe.skipIf(peer === undefined)(
  `commands, ours against the peer${why}`,
  { timeout: 1_200_000 },
  () => {
    const work = mkdtempSync(join(tmpdir(), 'cfsctl-peer-'))
    afterAll(() => rmSync(work, { recursive: true, force: true }))

    describe.each(REPOSITORIES)('on the repository %s', name => {
      const facts: Facts = JSON.parse(readFileSync(join(vectors, 'repos', `${name}.json`), 'utf8'))
      const archive = join(vectors, 'repos', `${name}.tar`)
      const [ours, theirs] = ['ours', 'theirs'].map(side => {
        const directory = join(work, side, name)
        unpack(archive, directory)
        return join(directory, name)
      }) as [string, string]

      /** Both ways of running one command succeed or fail together, and print the same if they succeed. */
      function same(args: readonly string[], options: CompareOptions = {}): void {
        const { input, see = text => text } = options
        const mine = runOurs(['--repo', ours, ...args], input)
        const other = runPeer(['--repo', theirs, ...args], input)
        const title = args.join(' ')
        expect(verdict(mine), `${title}: ${mine.stderr}${other.stderr}`).toBe(verdict(other))
        if (other.status !== 0) return
        const [seen, wanted] = [mine, other].map(({ stdout }) => see(stdout.toString('latin1')))
        expect(seen, title).toBe(wanted)
      }

      test('lists', () => {
        same(['images'], { see: sortLines })
        same(['list-images', '--no-trunc'], { see: sortLines })
        same(['images', '--json'], { see: text => common(text, ['name', 'digest']) })
        same(['oci', 'images'], { see: sortLines })
        same(['oci', 'images', '--json'], { see: text => common(text, IMAGE_KEYS) })
      })

      test('images', () => {
        const refs = Object.keys(facts.image_refs ?? {})
        const ids = Object.keys(facts.images ?? {})
        for (const image of [...ids, ...refs, ...refs.map(ref => `refs/${ref}`), 'nope']) {
          same(['image-objects', image], { see: sortLines })
          same(['dump-files', image, '/usr'])
          same(['dump-files', image, 'usr/', '//etc', '/usr/./bin', '/run'])
          same(['dump-files', image, '/usr/bin/b', '/usr/bin/a', '/etc/small'])
          same(['dump-files', '--backing-path-only', image, '/usr/bin/a', '/etc/small'])
          same(['dump-files', '--backing-path-only', image, '/usr'])
          same(['dump-files', image, '/nope'])
        }
      })

      test('streams', () => {
        const refs = Object.keys(facts.refs ?? {}).map(ref => `refs/${ref}`)
        for (const stream of [...Object.keys(facts.streams ?? {}), ...refs, 'nope'])
          same(['cat', stream])
      })

      test('layers', () => {
        for (const id of Object.keys(facts.streams ?? {})) {
          if (!id.startsWith('oci-layer-')) continue
          const layer = id.slice('oci-layer-'.length)
          same(['oci', 'layer', '--dumpfile', layer])
          same(['oci', 'layer', '--json', layer])
          // The blobs of artifacts are handed out too, which the peer does by `cat` only.
          const isTar = runPeer(['--repo', theirs, 'oci', 'layer', layer]).status === 0
          if (isTar) same(['oci', 'layer', layer])
        }
        same(['oci', 'layer', `sha256:${'0'.repeat(64)}`])
      })

      test('tagged images', () => {
        for (const [tag, { manifest_sha256: digest }] of Object.entries(facts.tags ?? {})) {
          for (const image of [tag, ...(digest === undefined ? [] : [`@${digest}`])]) {
            if (name !== MISREAD_BY_PEER) same(['oci', 'inspect', image])
            same(['oci', 'inspect', '--manifest', image])
            same(['oci', 'inspect', image, '--config'])
          }
          same(['oci', 'dump', tag])
          same(['oci', 'dump', '--xattrs', 'keep-user-xattrs', tag])
          for (const version of ['0', '1', '2']) {
            same(['--erofs-version', version, 'oci', 'compute-id', tag])
          }
          if (name !== MISREAD_BY_PEER) {
            same(['oci', 'compute-id', tag])
            same(['oci', 'compute-id', '--xattrs=keep-user-xattrs', tag])
          }
        }
        same(['oci', 'inspect', 'nope'])
      })

      test('configs by their digest', () => {
        for (const [id, { verity }] of Object.entries(facts.streams ?? {})) {
          if (!id.startsWith('oci-config-')) continue
          const config = `@${id.slice('oci-config-'.length)}`
          same(['oci', 'dump', config])
          if (verity !== undefined) same(['oci', 'dump', config, verity])
          if (name !== MISREAD_BY_PEER) same(['oci', 'compute-id', config])
        }
      })

      test('tags', () => {
        for (const { manifest_sha256: digest } of Object.values(facts.tags ?? {})) {
          if (digest === undefined) continue
          for (const tag of ['a/b:1%', 'registry:5000/x@y', '%2F']) {
            same(['oci', 'tag', digest, tag])
            same(['oci', 'images'], { see: sortLines })
            same(['oci', 'inspect', '--manifest', tag])
            same(['oci', 'untag', tag])
          }
        }
        same(['oci', 'untag', 'nope'])
      })

      test('writing, after which the other finds nothing wrong', () => {
        const before = runPeer(['--repo', theirs, 'fsck']).status
        // The streams of an old repository have headers that are not written any more.
        if (name !== MISREAD_BY_PEER) {
          for (const tar of readdirSync(join(vectors, 'layers'))) {
            if (REFUSED.includes(basename(tar, '.tar'))) continue
            const input = readFileSync(join(vectors, 'layers', tar))
            same(['oci', 'import-layer', `sha256:${sha256(input)}`, `my/${tar}`], { input })
          }
          const directory = makeDirectory(join(work, `root-${name}`))
          for (const flags of [
            [],
            ['--no-propagate-usr-to-root'],
            ['--xattrs', 'keep-user-xattrs'],
          ]) {
            same(['create-image', ...flags, directory, 'created/image'])
            same(['compute-id', directory, ...flags])
            same(['create-dumpfile', ...flags, directory])
          }
          same(['images', '--no-trunc'], { see: sortLines })
          const [, image = 'nope'] = runOurs([
            '--repo',
            ours,
            'images',
            '--no-trunc',
            '--format',
            'plain',
          ])
            .stdout.toString()
            .split(/[\t\n]/)
          const input = readFileSync(join(ours, 'images', image))
          same(['import-image', 'imported/image'], { input })
        }
        expect(runPeer(['--repo', ours, 'fsck']).status).toBe(before)
      })

      test('pulling, after which the other finds nothing wrong', () => {
        if (name === MISREAD_BY_PEER || name === 'broken') return
        for (const layout of layouts(join(work, 'layouts'))) {
          if (REPAIRED.includes(layout.name)) continue
          const image = `oci:${layout.path}:${layout.tag}`
          for (const args of [[image], [image, `pulled/${layout.name}`], [image, 'again']]) {
            same(['oci', 'pull', ...args], { see: withoutVerity })
          }
        }
        // Subjects of artifacts are noted by us alone, so the numbers of referrers differ.
        const keys = IMAGE_KEYS.filter(key => key !== 'referrer_count')
        same(['oci', 'images', '--json'], { see: text => common(text, keys) })
        // Both leave an image that the vectors know to be broken as it is.
        const status = runPeer(['--repo', theirs, 'oci', 'fsck']).status
        expect(runPeer(['--repo', ours, 'oci', 'fsck']).status).toBe(status)
      })
    })

    test('init', () => {
      const steps: readonly (readonly string[])[] = [
        ['init', '--insecure', 'R'],
        ['init', '--insecure', 'R'],
        ['init', '--insecure', '--ensure', 'R'],
        ['init', '--insecure', '--erofs-version', '2', 'R'],
        ['init', '--insecure', '--algorithm', 'fsverity-sha256-12', 'R'],
        ['init', '--insecure', '--reset-metadata', '--erofs-version', '2', 'R'],
        ['--erofs-version', '2', 'init', '--insecure', 'R'],
        ['--repo', 'S', 'init', '--insecure', '--algorithm', 'fsverity-sha256-12'],
        ['--insecure', 'init', 'T/deep/er'],
        ['init', '--algorithm', 'sha256', 'U'],
      ]
      const roots = ['init-ours', 'init-theirs'].map(side => join(work, side))
      for (const root of roots) mkdirSync(root)
      for (const step of steps) {
        const [mine, other] = roots.map((root, index) => {
          const args = step.map(word => (/^[R-U](\/|$)/.test(word) ? join(root, word) : word))
          const { status, stdout } = (index === 0 ? runOurs : runPeer)(args)
          const metadata = ['R', 'S', 'T/deep/er'].map(name => read(join(root, name, 'meta.json')))
          return { ok: status === 0, text: stdout.toString().replaceAll(root, ''), metadata }
        })
        expect(mine, step.join(' ')).toEqual(other)
      }
    })

    test('what needs no repository', () => {
      const directory = makeDirectory(join(work, 'root'))
      for (const flags of [
        ['--no-repo'],
        ['--no-repo', '--hash', 'sha256'],
        ['--no-repo', '--hash=sha512', '--erofs-version=2'],
        ['--repo', join(work, 'nowhere')],
      ]) {
        for (const command of ['compute-id', 'create-dumpfile', 'images']) {
          const args = [...flags, command, ...(command === 'images' ? [] : [directory])]
          const [mine, other] = [runOurs(args), runPeer(args)]
          expect([verdict(mine), mine.stdout], args.join(' ')).toEqual([
            verdict(other),
            other.stdout,
          ])
        }
      }
    })

    test.each([
      [[]],
      [['bogus']],
      [['images', '--bogus']],
      [['oci']],
      [['--user', '--system', 'images']],
      [['oci', 'inspect', '--manifest', '--config', 'x']],
      [['mount', 'x', '/mnt', '--upperdir', '/tmp']],
    ])('usage errors end with 2: %j', args => {
      expect(runOurs(args).status).toBe(2)
      expect(runPeer(args).status).toBe(2)
    })
  },
)

interface CompareOptions {
  readonly input?: Uint8Array
  /** What of the output has to be the same. */
  see?(text: string): string
}

const IMAGE_KEYS = [
  'name',
  'manifest_digest',
  'is_container',
  'architecture',
  'os',
  'created',
  'layer_count',
  'referrer_count',
]

function verdict({ status }: Outcome): string {
  return status === 0 ? 'succeeds' : 'fails'
}

function sortLines(text: string): string {
  return text.split('\n').sort().join('\n')
}

/** The keys that both have, of entries sorted by name. */
function common(text: string, keys: readonly string[]): string {
  const { images } = JSON.parse(text) as { images: Record<string, unknown>[] }
  const entries = images.map(image => JSON.stringify(keys.map(key => [key, image[key]])))
  return entries.sort().join('\n')
}

/** The lines of a pull but for the id of the manifest's stream, which is not reproducible, and our addition. */
function withoutVerity(text: string): string {
  return text.replaceAll(/^(verity|image) .*\n/gm, '')
}

function layouts(directory: string): { name: string; path: string; tag: string }[] {
  const index = JSON.parse(readFileSync(join(vectors, 'index.json'), 'utf8')) as {
    layouts: Record<string, { images?: Record<string, unknown> | null }>
  }
  return Object.entries(index.layouts).flatMap(([name, { images }]) => {
    unpack(join(vectors, 'layouts', `${name}.tar`), directory)
    return Object.keys(images ?? {}).map(tag => ({ name, tag, path: join(directory, name) }))
  })
}

/** A small root file system. */
function makeDirectory(path: string): string {
  for (const name of ['usr/bin', 'run/lock', 'etc', 'we ird']) {
    mkdirSync(join(path, name), { recursive: true })
  }
  writeFileSync(join(path, 'usr/bin/large'), Buffer.alloc(10_000, 7))
  writeFileSync(join(path, 'etc/small'), 'small\n')
  writeFileSync(join(path, 'we ird/t\tab'), 'x'.repeat(64))
  writeFileSync(join(path, 'we ird/ü'), 'x'.repeat(65))
  symlinkSync('../usr', join(path, 'etc/link'))
  return path
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
