import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** What the scripts here read of a manifest. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
}

/** A package that npm has. */
export interface Published {
  readonly name: string
  /** Absolute. */
  readonly directory: string
  readonly manifest: Manifest
}

/** A package as its users get it. */
export interface Packed extends Published {
  /** A tar of gzip. */
  readonly tarball: string
}

/** All that are published, the program last. */
export function publishedPackages(): Published[] {
  const directories = [...readdirSync(join(root, 'packages')).map(name => `packages/${name}`)]
  return [...directories, 'apps/cfsctl'].flatMap(directory => {
    const file = join(root, directory, 'package.json')
    if (!existsSync(file)) return []
    const manifest: Manifest = JSON.parse(readFileSync(file, 'utf8'))
    if (manifest.private === true) return []
    return [{ name: manifest.name, directory: join(root, directory), manifest }]
  })
}

/** Packs what was built into `destination`, as publishing would. */
export function pack(published: Published, destination: string): Packed {
  const { status, stderr, stdout } = spawnSync(
    'pnpm',
    ['pack', '--pack-destination', destination],
    { cwd: published.directory, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`pnpm pack in ${published.directory}: ${stderr}${stdout}`)
  const { name, version } = published.manifest
  const file = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`
  return { ...published, tarball: join(destination, file) }
}
