import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildTar, writeLayout } from '@composefs/test-fixtures'
import { bytesOf, runOurs } from '../programs.ts'
import type { ErrorRow } from './error-row.ts'

const HEX = 'f'.repeat(64)
const GARBAGE = Buffer.alloc(2048, 0x7b)

/** Errors of what comes in. */
export const INCOMING_ROWS: readonly ErrorRow[] = [
  {
    code: 'image-invalid',
    exit: 1,
    title: 'what is no image',
    args: () => ['import-image', 'new'],
    input: GARBAGE,
  },
  {
    code: 'tar-invalid',
    exit: 1,
    title: 'what is no tar',
    args: () => ['oci', 'import-layer', sha256(GARBAGE)],
    input: GARBAGE,
  },
  {
    code: 'diff-id-mismatch',
    exit: 4,
    title: 'another tar',
    args: () => ['oci', 'import-layer', `sha256:${HEX}`],
    input: new Uint8Array(1024),
    hint: new RegExp(`expected sha256:${HEX}, found ${sha256(new Uint8Array(1024))}`),
  },
  {
    code: 'digest-mismatch',
    exit: 4,
    title: 'a changed blob',
    spoil: ({ layout, scratch }) => {
      cpSync(layout.directory, scratch, { recursive: true })
      const blob = join(scratch, 'blobs', layout.manifestDigest.replace(':', '/'))
      writeFileSync(blob, readFileSync(blob, 'utf8').replace('"size"', '"Size"'))
    },
    args: ({ scratch }) => ['oci', 'pull', `oci:${scratch}:v1`],
    hint: /^expected sha256:[0-9a-f]{64}, found sha256:/,
  },
  {
    code: 'layout-invalid',
    exit: 1,
    title: 'a directory that is no layout',
    args: ({ mountpoint }) => ['oci', 'pull', `oci:${mountpoint}:x`],
  },
  {
    code: 'tag-not-found',
    exit: 3,
    title: 'a tag of a layout',
    args: ({ layout }) => ['oci', 'pull', `oci:${layout.directory}:v2`],
    hint: /v1/,
  },
  {
    code: 'seal-mismatch',
    exit: 4,
    title: 'the label of another image',
    spoil: async ({ scratch, repository }) => {
      const labels = { 'containers.composefs.fsverity': HEX }
      const tar = await buildTar([{ name: 'usr/', type: 'directory' }])
      writeLayout(scratch, { tag: 'x', labels, layers: [{ tar, compression: 'plain' }] })
      const pull = ['-q', '--repo', repository, 'oci', 'pull', `oci:${scratch}:x`, 'x']
      bytesOf(runOurs(pull))
    },
    args: ({ mountpoint }) => ['oci', 'mount', 'x', mountpoint],
  },
  {
    code: 'expected-digest-not-found',
    exit: 4,
    title: 'another boot image',
    args: ({ reference }) => ['oci', 'pull', '--bootable', '--expected-digest', HEX, reference],
    hint: /another algorithm or another image/,
  },
  {
    code: 'tree-invalid',
    exit: 1,
    title: 'a root without /boot',
    spoil: ({ scratch }) => void mkdirSync(join(scratch, 'usr'), { recursive: true }),
    args: ({ scratch }) => ['create-image', '--bootable', scratch],
    hint: /mkdir -p \/boot/,
  },
  {
    code: 'skopeo-missing',
    exit: 5,
    title: 'a transport that needs skopeo',
    args: () => ['oci', 'pull', '--skopeo', '/nowhere', 'dir:/srv/image'],
    hint: /install skopeo/,
  },
  {
    code: 'verity-unsupported',
    exit: 5,
    title: 'a file system without fs-verity',
    args: ({ scratch }) => ['init', join('/dev/shm', scratch.replaceAll('/', '-'))],
    hint: /--insecure.*\n?.*tune2fs -O verity/,
  },
  {
    code: 'configuration-invalid',
    exit: 1,
    title: 'registries.conf',
    spoil: ({ scratch }) => writeFileSync(scratch, '[[['),
    args: () => ['oci', 'pull', 'docker://a.example/b'],
    environment: ({ scratch }) => ({ CONTAINERS_REGISTRIES_CONF: scratch }),
  },
  {
    code: 'not-permitted',
    exit: 5,
    title: 'a registry that is blocked',
    spoil: ({ scratch }) =>
      writeFileSync(scratch, '[[registry]]\nlocation = "a.example"\nblocked = true\n'),
    args: () => ['oci', 'pull', 'docker://a.example/b'],
    environment: ({ scratch }) => ({ CONTAINERS_REGISTRIES_CONF: scratch }),
    hint: /registries\.conf/,
  },
]

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
