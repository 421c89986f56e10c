/**
 * Memory and time of a garbage collection of a million objects: in one layer, in many, or in one image.
 *
 *     node --conditions=composefs-source packages/repository/bench/million-objects.ts [SHAPE…] [--objects N] [--sha512]
 *
 * SHAPE is `stream`, `layers` or `image`; all of them by default. A tenth as many objects are garbage. With
 * CFSCTL_PEER the same dry run is done by cfsctl. The files are empty, and lie in TMPDIR.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { encodeUtf8 } from '@composefs/bytes'
import { Digest, SHA256, SHA512 } from '@composefs/fsverity'
import { linuxSystem } from '@composefs/linux'
import { FileTree, type Metadata, ROOT } from '@composefs/tree'
import { collectGarbage, initRepository, openRepository, type Repository } from '../src/index.ts'

const SHAPES = ['stream', 'layers', 'image'] as const
type Shape = (typeof SHAPES)[number]

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    objects: { type: 'string', default: '1000000' },
    sha512: { type: 'boolean', default: false },
    collect: { type: 'string' },
    make: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
  },
})
const algorithm = values.sha512 ? SHA512 : SHA256
const count = Number(values.objects)

if (values.make !== undefined) await make(values.make, positionals[0] as Shape)
else if (values.collect !== undefined) await collect(values.collect)
else for (const shape of positionals.length > 0 ? positionals : SHAPES) await compare(shape)

/** Makes the repository, has it collected by both, and prints what they took. */
async function compare(shape: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'composefs-million-'))
  const path = join(directory, 'r')
  try {
    await measured('make', [...self(), shape, '--make', path])
    await measured(`${shape}: dry run`, [...self(), '--collect', path, '--dry-run'])
    const peer = process.env.CFSCTL_PEER
    if (peer) await measured(`${shape}: dry run of cfsctl`, [peer, '--repo', path, 'gc', '-n'])
    await measured(`${shape}: collection`, [...self(), '--collect', path])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** This program again, with the options that both sides need. */
function self(): string[] {
  const program = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)]
  return [...program, '--objects', String(count), ...(values.sha512 ? ['--sha512'] : [])]
}

async function measured(title: string, [program = '', ...args]: string[]): Promise<void> {
  const started = performance.now()
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  let peak = 0
  const timer = setInterval(() => {
    peak = Math.max(peak, peakOf(child))
  }, 20)
  const status = await new Promise(resolve => child.once('close', resolve))
  clearInterval(timer)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const [line = ''] = output.split('\n').filter(text => text.startsWith('Objects'))
  if (status !== 0) throw new Error(`${title}: exit ${status}`)
  console.log(`${title}: ${seconds} s, ${Math.round(peak / 1024)} MiB ${line}`)
}

/** Largest resident size so far in KiB. */
function peakOf({ pid }: ChildProcess): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

async function collect(path: string): Promise<void> {
  await using repository = await openRepository(path, { system: linuxSystem })
  const result = await collectGarbage(repository, { dryRun: values['dry-run'], countKept: true })
  const { objectsRemoved, objectsKept } = result
  console.log(`Objects: ${objectsRemoved} removed, ${objectsKept} kept`)
}

async function make(path: string, shape: Shape): Promise<void> {
  await initRepository(path, { system: linuxSystem, algorithm, insecure: true })
  await using repository = await openRepository(path, { system: linuxSystem, mode: 'write' })
  const live = Array.from({ length: count }, () => randomDigest())
  const garbage = Array.from({ length: count / 10 }, () => randomDigest())
  const { objects } = repository.layout
  for (let byte = 0; byte < 256; byte++) {
    const directory = join(objects, byte.toString(16).padStart(2, '0'))
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(path, `empty-${byte}`), '')
  }
  // Names of 256 files: one call each, and no inodes.
  for (const list of [live, garbage]) {
    for (const digest of list) {
      linkSync(join(path, `empty-${digest.bytes[0]}`), repository.layout.object(digest))
    }
  }
  if (shape === 'image') nameImage(repository, live)
  else await nameLayers(repository, live, shape === 'stream' ? 1 : 100)
  repository.sync()
}

function randomDigest(): Digest {
  return new Digest(algorithm, randomFillSync(new Uint8Array(algorithm.digestSize)))
}

async function nameLayers(
  { streams }: Repository,
  objects: readonly Digest[],
  layers: number,
): Promise<void> {
  const manifest = streams.createWriter('ocimanif')
  const size = Math.ceil(objects.length / layers)
  for (let layer = 0; layer < layers; layer++) {
    const writer = streams.createWriter('ocilayer')
    for (const digest of objects.slice(layer * size, (layer + 1) * size)) {
      writer.writeExternal(digest, 0)
    }
    const stream = await streams.store(writer)
    streams.link(`oci-layer-${layer}`, stream)
    manifest.addNamedReference(`layer-${layer}`, stream)
  }
  streams.link('oci-manifest', await streams.store(manifest))
  streams.setRef('oci/million', 'oci-manifest')
}

function nameImage({ images }: Repository, objects: readonly Digest[]): void {
  const metadata: Metadata = {
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeSeconds: 0n,
    mtimeNanoseconds: 0,
    xattrs: [],
  }
  const tree = new FileTree(algorithm, { ...metadata, mode: 0o755 })
  let directory = ROOT
  for (const [index, digest] of objects.entries()) {
    if (index % 1000 === 0) {
      const name = encodeUtf8(`directory-${index / 1000}`)
      directory = tree.addDirectory(ROOT, name, { ...metadata, mode: 0o755 })
    }
    const content = { kind: 'external', digest, size: 4096 } as const
    tree.addLeaf(directory, encodeUtf8(`file-${index}`), metadata, content)
  }
  const { digest } = images.put(tree, 1)
  images.link(digest)
  images.setRef('million', digest)
}
