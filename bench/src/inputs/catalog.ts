import { createHash } from 'node:crypto'
import { createWriteStream, mkdirSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { splitTar } from '@composefs/test-fixtures'
import { runPlain } from '../measure/run-measured.ts'
import { bigFiles } from './big-files.ts'
import type { InputCache } from './cache.ts'
import { writeDump } from './dump.ts'
import { type Packing, writeLayout } from './layout.ts'
import { manySmallFiles } from './many-small-files.ts'
import { rootFileSystem } from './root-file-system.ts'
import { writeSparseLayout } from './sparse-layer.ts'

/** Where inputs come from and go to. */
export interface Sources {
  readonly cache: InputCache
  /** The tar of a real root file system, used instead of the made-up one. */
  readonly rootTar: string | undefined
}

const MIB_OF_1_GIB = 1024
/** Just below the largest file of a ustar header. */
const MIB_OF_8_GIB = 8 * 1024 - 1

type Make = (sources: Sources) => Promise<string>

/** Every input, and how it is made; it gives its path. */
const INPUTS = {
  nothing: async () => '',
  'rootfs-gz': root('gz'),
  'rootfs-zst': root('zst'),
  'rootfs-tar': root('tar'),
  'rootfs-4-gz': root('gz', 4),
  'rootfs-directory': rootDirectory,
  'small-gz': ({ cache }) =>
    cache.get('small-gz', path => writeLayout(path, [manySmallFiles()], 'gz')),
  'big-tar': big('tar'),
  'big-gz': big('gz'),
  'big-zst': big('zst'),
  'dump-10k': dump(10_000),
  'dump-100k': dump(100_000),
  'dump-1m': dump(1_000_000),
  'layer-1g': sparse('layer-1g', MIB_OF_1_GIB),
  'layer-8g': sparse('layer-8g', MIB_OF_8_GIB),
} as const satisfies Readonly<Record<string, Make>>

export type InputName = keyof typeof INPUTS

/** The path of an input, made now unless it is in the cache: a layout, a directory or a file. */
export async function openInput(name: InputName, sources: Sources): Promise<string> {
  return await INPUTS[name](sources)
}

function root(packing: Packing, layers = 1): Make {
  return async sources => {
    const tar = await rootTar(sources)
    return await sources.cache.get(`${rootName(sources)}-${layers}-${packing}`, async path => {
      const bytes = readFileSync(tar)
      await writeLayout(
        path,
        (layers === 1 ? [bytes] : splitTar(bytes, layers)).map(pieces),
        packing,
      )
    })
  }
}

async function rootDirectory(sources: Sources): Promise<string> {
  const tar = await rootTar(sources)
  return await sources.cache.get(`${rootName(sources)}-directory`, path => {
    mkdirSync(path)
    // Only root can make devices, and the tree is to be the same for all.
    runPlain(['tar', '-xf', tar, '-C', path, '--exclude=./dev/*', '--exclude=dev/*'])
  })
}

async function rootTar(sources: Sources): Promise<string> {
  if (sources.rootTar !== undefined) return resolve(sources.rootTar)
  return await sources.cache.get('tree.tar', path =>
    pipeline(rootFileSystem(), createWriteStream(path)),
  )
}

/** A real root is known by its place, size and time. */
function rootName({ rootTar }: Sources): string {
  if (rootTar === undefined) return 'tree'
  const { size, mtimeMs } = statSync(rootTar)
  const identity = `${resolve(rootTar)} ${size} ${mtimeMs}`
  return `root-${createHash('sha256').update(identity).digest('hex').slice(0, 12)}`
}

function big(packing: Packing): Make {
  return ({ cache }) =>
    cache.get(`big-${packing}`, path => writeLayout(path, [bigFiles()], packing))
}

function dump(entries: number): Make {
  return ({ cache }) => cache.get(`dump-${entries}`, path => writeDump(path, entries))
}

function sparse(name: string, mebibytes: number): Make {
  return ({ cache }) => cache.get(name, path => writeSparseLayout(path, mebibytes))
}

/** Whole tars go through a stream piece by piece. */
function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  const size = 1 << 20
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
