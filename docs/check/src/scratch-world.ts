import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildTar, writeLayout } from '@composefs/test-fixtures'
import { type Pusher, startRegistry, type TestRegistry } from '@composefs/test-fixtures/registry'
import { root } from './pages.ts'

/**
 * Where the examples run: a directory with a layout and a root file system, programs in PATH, and a registry that takes
 * the place of all that the pages name.
 */
export interface ScratchWorld {
  /** Current directory of the examples. */
  readonly directory: string
  readonly environment: NodeJS.ProcessEnv
  /** The diff ID of the first layer of the image, for `sha256:…` in the pages. */
  readonly diffId: string
  close(): Promise<void>
}

/** Registries of the pages, all served by the one on loopback. */
const REGISTRIES = ['docker.io', 'ghcr.io', 'registry.example.com']

/** What the pages pull. */
const IMAGES = [
  ['library/debian', 'bookworm'],
  ['team/app', '1.0'],
  ['os/debian', '1'],
] as const

const NAMES = ['cfsctl', 'mkcomposefs', 'composefs-info']

export async function createScratchWorld(): Promise<ScratchWorld> {
  const base = mkdtempSync(join(tmpdir(), 'composefs-docs-'))
  const registry = await startRegistry()
  try {
    const directory = join(base, 'work')
    mkdirSync(directory)
    const diffId = await writeImage(directory)
    for (const [repository, tag] of IMAGES) {
      await pushLayout(registry.pusher, join(directory, 'layout'), { repository, tag })
    }
    writePrograms(base)
    return {
      directory,
      diffId,
      environment: {
        HOME: join(base, 'home'),
        PATH: `${join(base, 'bin')}:${process.env.PATH}`,
        CONTAINERS_REGISTRIES_CONF: writeRegistries(base, registry),
        CFSCTL_PROGRESS: 'none',
      },
      close: async () => {
        await registry.stop()
        rmSync(base, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await registry.stop()
    rmSync(base, { recursive: true, force: true })
    throw error
  }
}

/** A small image in `layout` by several tags, and its files in `rootfs`. Returns the diff ID of its layer. */
async function writeImage(directory: string): Promise<string> {
  const text = 'a file of more than sixty-four bytes, so that its content is an object of its own\n'
  const tar = await buildTar([
    { name: 'usr', type: 'directory' },
    { name: 'usr/bin', type: 'directory' },
    { name: 'usr/bin/app', mode: 0o755, content: text },
    { name: 'etc', type: 'directory' },
    { name: 'etc/hostname', content: 'app\n' },
  ])
  const image = { layers: [{ tar, compression: 'gzip' as const }] }
  const layout = join(directory, 'layout')
  const { diffIds } = writeLayout(layout, { ...image, tag: 'latest' })
  const index = join(layout, 'index.json')
  const document = JSON.parse(readFileSync(index, 'utf8'))
  const [first] = document.manifests
  document.manifests = ['latest', 'tag'].map(name => ({
    ...first,
    annotations: { 'org.opencontainers.image.ref.name': name },
  }))
  writeFileSync(index, JSON.stringify(document))
  mkdirSync(join(directory, 'rootfs', 'usr'), { recursive: true })
  writeFileSync(join(directory, 'rootfs', 'usr', 'app'), text)
  return diffIds[0] ?? ''
}

/** Puts the first image of a layout into a registry. */
async function pushLayout(
  pusher: Pusher,
  layout: string,
  target: { readonly repository: string; readonly tag: string },
): Promise<void> {
  const { repository, tag } = target
  const blob = (digest: string) => readFileSync(join(layout, 'blobs', digest.replace(':', '/')))
  const [descriptor] = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')).manifests
  const bytes = blob(descriptor.digest)
  const manifest = JSON.parse(bytes.toString())
  for (const part of [manifest.config, ...manifest.layers]) {
    await pusher.blob(repository, blob(part.digest))
  }
  await pusher.manifest(repository, tag, { bytes, mediaType: descriptor.mediaType })
}

/** The programs from their sources, as `npm install --global cfsctl` names them. */
function writePrograms(base: string): void {
  const main = join(root, 'apps/cfsctl/src/main.ts')
  mkdirSync(join(base, 'bin'))
  mkdirSync(join(base, 'home'))
  mkdirSync(join(base, 'names'))
  for (const name of NAMES) {
    symlinkSync(main, join(base, 'names', name))
    const program = join(base, 'bin', name)
    writeFileSync(program, programScript(join(base, 'names', name), name))
    chmodSync(program, 0o755)
  }
}

/**
 * The file systems of the examples are in memory, without fs-verity: `init` gets the option that the pages say it needs
 * there.
 */
function programScript(file: string, name: string): string {
  const insecure = name === 'cfsctl' ? '[ "$1" = init ] && set -- "$@" --insecure\n' : ''
  const node = `'${process.execPath}' --conditions=composefs-source --no-warnings`
  return `#!/bin/sh\n${insecure}exec ${node} '${file}' "$@"\n`
}

function writeRegistries(base: string, registry: TestRegistry): string {
  const file = join(base, 'registries.conf')
  const tables = REGISTRIES.map(
    name => `[[registry]]\nprefix = "${name}"\nlocation = "${registry.host}"\ninsecure = true\n`,
  )
  writeFileSync(file, tables.join('\n'))
  return file
}
