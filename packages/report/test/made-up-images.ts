import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SHA256 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { pull } from '@composefs/oci'
import { initRepository, openRepository, type Repository } from '@composefs/repository'
import { buildTar, type LayerFile, writeLayout } from '@composefs/test-fixtures'

/** A file of a made-up layer: its path and how many bytes it has, which follow from the third text, or the path. */
export type MadeUpFile = readonly [path: string, bytes: number, content?: string]

/** A layer of made-up files, or a tar as it is. */
export type MadeUpLayer = readonly (MadeUpFile | string)[] | Uint8Array

/** A repository with made-up images, which the caller removes. */
export async function madeUpRepository(
  images: Readonly<Record<string, readonly MadeUpLayer[]>>,
): Promise<{ repository: Repository; path: string; remove(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'composefs-report-'))
  const path = join(directory, 'repository')
  await initRepository(path, { system: linuxSystem, algorithm: SHA256, insecure: true })
  const repository = await openRepository(path, { system: linuxSystem })
  for (const [tag, layers] of Object.entries(images)) {
    const layout = join(directory, 'layout')
    const tars = await Promise.all(layers.map(tarOf))
    writeLayout(layout, { tag, layers: tars.map(tar => ({ tar, compression: 'plain' })) })
    await pull(repository, `oci:${layout}:${tag}`, { tag })
    rmSync(layout, { recursive: true })
  }
  return {
    repository,
    path,
    async remove() {
      await repository.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Bytes that follow from a text. */
export function madeUpContent(text: string, bytes: number): Buffer {
  return Buffer.alloc(bytes, `${text} ${bytes}\n`)
}

async function tarOf(layer: MadeUpLayer): Promise<Uint8Array> {
  if (layer instanceof Uint8Array) return layer
  return await buildTar(
    layer.map((file): LayerFile => {
      if (typeof file === 'string') {
        return file.endsWith('/')
          ? { name: file.slice(0, -1), type: 'directory' }
          : { name: file, content: '' }
      }
      const [name, bytes, content = name] = file
      return { name, content: madeUpContent(content, bytes) }
    }),
  )
}

const KB = 1000

/** Many files of one directory, from large to small. */
function many(directory: string, count: number, bytes: number, suffix: string): MadeUpFile[] {
  return Array.from({ length: count }, (_, i) => [
    `${directory}/${WORDS[i % WORDS.length]}${i < WORDS.length ? '' : i}${suffix}`,
    Math.ceil(bytes / (1 + i * 0.7)),
  ])
}

const WORDS = [
  'core',
  'codec',
  'parser',
  'socket',
  'table',
  'index',
  'query',
  'render',
  'format',
  'locale',
  'random',
  'string',
  'stream',
  'buffer',
  'worker',
  'logger',
  'policy',
  'schema',
  'vector',
  'bridge',
]

const BASE: MadeUpLayer = [
  'usr/',
  ...many('usr/lib/x86_64-linux-gnu', 60, 900 * KB, '.so.1'),
  ...many('usr/bin', 80, 400 * KB, ''),
  ...many('usr/share/locale', 40, 120 * KB, '.mo'),
  ...many('usr/share/doc', 90, 30 * KB, '.gz'),
  ...many('etc', 25, 6 * KB, '.conf'),
  ...many('var/lib/dpkg/info', 60, 14 * KB, '.list'),
]

/** Five images on one base: two that share all but the last layers, one of its own, and layers with waste. */
export function fiveImages(base: MadeUpLayer = BASE): Record<string, MadeUpLayer[]> {
  const packages: MadeUpLayer = [
    ...many('var/cache/apt/archives', 18, 3200 * KB, '.deb'),
    ...many('var/lib/apt/lists', 6, 2400 * KB, '_Packages'),
    ...many('usr/local/lib/python3.12', 140, 1300 * KB, '.py'),
    ...many('usr/local/lib/python3.12/lib-dynload', 40, 700 * KB, '.so'),
    ['usr/local/bin/python3.12', 6400 * KB],
  ]
  const cleaned: MadeUpLayer = ['var/cache/apt/.wh.archives', 'var/lib/apt/.wh.lists']
  const modules: MadeUpLayer = [
    ...many('usr/local/lib/python3.12/site-packages/numpy', 90, 9000 * KB, '.so'),
    ...many('usr/local/lib/python3.12/site-packages/pandas', 70, 4100 * KB, '.py'),
    ...many('usr/local/lib/python3.12/site-packages/sqlalchemy', 50, 800 * KB, '.py'),
  ]
  const app: MadeUpLayer = [
    ...many('srv/app', 40, 500 * KB, '.py'),
    ...many('srv/app/static', 60, 1800 * KB, '.js'),
    ['srv/app/static/vendor.js', 2600 * KB],
    ['srv/app/model.bin', 14_000 * KB],
  ]
  const nextApp: MadeUpLayer = [
    'srv/app/static/.wh.core.js',
    ['srv/app/model.bin', 14_200 * KB, 'second model'],
    ['srv/app/static/main.js', 1500 * KB],
    ['srv/app/static/old-vendor.js', 2600 * KB, 'srv/app/static/vendor.js'],
  ]
  const database: MadeUpLayer = [
    ...many('usr/lib/postgresql/16/bin', 20, 8200 * KB, ''),
    ...many('usr/lib/postgresql/16/lib', 80, 2100 * KB, '.so'),
    ...many('usr/share/postgresql/16', 50, 900 * KB, '.sql'),
  ]
  const python = [base, packages, cleaned]
  return {
    'debian:12': [base],
    'python:3.12': python,
    'shop/app:1.0': [...python, modules, app],
    'shop/app:1.1': [...python, modules, app, nextApp],
    'postgres:16': [base, database],
  }
}
