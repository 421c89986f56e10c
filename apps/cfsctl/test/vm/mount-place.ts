import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SHA256 } from '@composefs/fsverity'
import { type ComposefsMountEntry, composefsMounts, linuxSystem } from '@composefs/linux'
import { runOurs, textOf } from '../programs.ts'

/** More than an image keeps inside. */
export const LARGE: string = 'large '.repeat(2000)
export const SMALL = 'small'

/** Directories and images that mounts are tried with. */
export class MountPlace {
  readonly directory: string = realpathSync(mkdtempSync(join(tmpdir(), 'cfsctl-mounts-')))
  readonly target: string = this.#make('target')
  /** A tree with `usr/large` and `usr/small`. */
  readonly root: string = this.#make('root')
  /** The image file of the tree, with fs-verity where the file system has it, and its objects. */
  readonly image: string = join(this.directory, 'image.cfs')
  readonly store: string = join(this.directory, 'store')

  constructor() {
    mkdirSync(join(this.root, 'usr'))
    writeFileSync(join(this.root, 'usr/large'), LARGE)
    writeFileSync(join(this.root, 'usr/small'), SMALL)
    textOf(runOurs(['mkcomposefs', `--digest-store=${this.store}`, this.root, this.image]))
    seal(this.image)
  }

  /** A repository with the tree as the image `app`; the outcome of `init` where it cannot be made. */
  repository(name: string, ...flags: string[]) {
    const path = join(this.directory, name)
    const made = runOurs(['--json', 'init', '--algorithm', 'fsverity-sha256-12', ...flags, path])
    if (made.status === 0) textOf(runOurs(['--repo', path, 'create-image', this.root, 'app']))
    return { path, made }
  }

  /** Two new directories for changes. */
  upper(): { readonly upperdir: string; readonly workdir: string } {
    for (const name of ['upper', 'work']) {
      rmSync(join(this.directory, name), { recursive: true, force: true })
    }
    const upper = { upperdir: this.#make('upper'), workdir: this.#make('work') }
    // The upper directory is the root of the mount: what two of them show is to be alike.
    utimesSync(upper.upperdir, 1, 1)
    return upper
  }

  /** The mount at the target. */
  entry(): ComposefsMountEntry | undefined {
    return composefsMounts().findLast(({ target }) => target === this.target)
  }

  /** Whether a loop device lies over a file below the directory. */
  hasLoop(): boolean {
    return readdirSync('/sys/block')
      .filter(name => name.startsWith('loop'))
      .some(name => {
        const file = readQuietly(`/sys/block/${name}/loop/backing_file`)
        return file?.startsWith(this.directory) ?? false
      })
  }

  remove(): void {
    rmSync(this.directory, { recursive: true })
  }

  #make(name: string): string {
    const path = join(this.directory, name)
    mkdirSync(path)
    return path
  }
}

/** Enables fs-verity where it can be. */
export function seal(path: string): void {
  const file = openSync(path, 'r')
  linuxSystem.enableVerity(file, SHA256)
  closeSync(file)
}

/** The file of an object by its content. */
export function findObject(objects: string, content: string): string {
  const found = readdirSync(objects, { recursive: true, encoding: 'utf8' })
    .filter(path => /^..\/./.test(path))
    .map(path => join(objects, path))
    .find(path => readFileSync(path, 'utf8') === content)
  if (found === undefined) throw new Error('no object has that content')
  return found
}

/** A process in a user namespace that maps root to user 100000 and group 200000. */
export async function userNamespace(): Promise<ChildProcess> {
  const child = spawn('unshare', ['--user', 'sleep', '600'])
  await once(child, 'spawn')
  const own = readlinkSync('/proc/self/ns/user')
  while (readlinkSync(`/proc/${child.pid}/ns/user`) === own) {
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  writeFileSync(`/proc/${child.pid}/uid_map`, '0 100000 65536')
  writeFileSync(`/proc/${child.pid}/gid_map`, '0 200000 65536')
  return child
}

/** Why images cannot be mounted here; undefined when they can. */
export function whyNoMounts(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root'
  const types = readFileSync('/proc/filesystems', 'utf8')
  const missing = ['erofs', 'overlay'].filter(type => !types.includes(`\t${type}\n`))
  return missing.length === 0 ? undefined : `the kernel has no ${missing.join(' and no ')}`
}

/** Whether files in the temporary directory can have fs-verity. */
export function hasVerity(): boolean {
  const file = openSync(tmpdir(), 'r')
  try {
    return linuxSystem.measureVerity(file, SHA256).state !== 'unsupported'
  } finally {
    closeSync(file)
  }
}

function readQuietly(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
