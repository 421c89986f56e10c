import {
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import type { Material } from './material.ts'

/** What is damaged. */
export type DamageKind = 'file' | 'symlink' | 'directory'

/** What a damage is made of. */
export interface Place {
  readonly material: Material
  /** A directory beside what is damaged, for what symlinks lead to. */
  readonly outside: string
}

/** One way of spoiling an entry of a directory. */
export interface Damage {
  readonly name: string
  readonly kinds: readonly DamageKind[]
  /** False where this cannot be done. */
  apply(path: string, place: Place): boolean
}

/** The ways of spoiling an entry of a kind. */
export function damagesOf(kind: DamageKind): readonly Damage[] {
  return DAMAGES.filter(({ kinds }) => kinds.includes(kind))
}

const ALL: readonly DamageKind[] = ['file', 'symlink', 'directory']

const DAMAGES: readonly Damage[] = [
  damage('removed', ALL, () => {}),
  {
    name: 'cut to nothing',
    kinds: ['file'],
    apply: path => {
      truncateSync(path)
      return true
    },
  },
  {
    name: 'cut to half',
    kinds: ['file'],
    apply: path => {
      truncateSync(path, Math.floor(readFileSync(path).length / 2))
      return true
    },
  },
  {
    name: 'one byte longer',
    kinds: ['file'],
    apply: path => {
      writeFileSync(path, '\0', { flag: 'a' })
      return true
    },
  },
  {
    name: 'a symlink to a copy elsewhere',
    kinds: ALL,
    apply: (path, { outside }) => {
      const copy = join(mkdtempSync(join(outside, 'copy-')), basename(path))
      cpSync(path, copy, { recursive: true, dereference: false, verbatimSymlinks: true })
      rmSync(path, { recursive: true })
      symlinkSync(copy, path)
      return true
    },
  },
  damage('a symlink to nothing', ALL, path => symlinkSync('nothing', path)),
  damage('a symlink to itself', ALL, path => symlinkSync(basename(path), path)),
  damage('a symlink to a device', ALL, path => symlinkSync('/dev/zero', path)),
  damage('a symlink of the longest text', ALL, path => symlinkSync('../'.repeat(1365), path)),
  damage('an empty file', ['symlink', 'directory'], path => writeFileSync(path, '')),
  damage('an empty directory', ALL, path => mkdirSync(path)),
  damage('a fifo', ALL, (path, { material }) => linkSync(material.fifo, path)),
  damage('a socket', ALL, (path, { material }) => linkSync(material.socket, path)),
  {
    name: 'a device',
    kinds: ALL,
    apply: (path, { material }) => {
      if (material.device === undefined) return false
      rmSync(path, { recursive: true })
      linkSync(material.device, path)
      return true
    },
  },
]

/** Takes the entry away and puts something else in its place. */
function damage(
  name: string,
  kinds: readonly DamageKind[],
  replace: (path: string, place: Place) => void,
): Damage {
  return {
    name,
    kinds,
    apply: (path, place) => {
      rmSync(path, { recursive: true })
      replace(path, place)
      return true
    },
  }
}
