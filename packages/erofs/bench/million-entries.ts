/**
 * Time and memory of an image of a million entries, from a dump and from a tree that a program builds.
 *
 *     node --conditions=composefs-source packages/erofs/bench/million-entries.ts [SHAPE…] [--entries N] [--runs N]
 *
 * SHAPE is `ordered` (a dump in the order of a file system, as tools write it), `scattered` (every line in another
 * directory, half of them with something unusual) or `built` (no dump: `addLeaf`); all of them by default. Every run is
 * a process of its own; the fastest of each pass is told. With CFSCTL_PEER the same dump goes to its `mkcomposefs` in
 * turn with ours. The dumps lie in TMPDIR.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { encodeUtf8 } from '@composefs/bytes'
import { createFsverity, Digest, SHA256 } from '@composefs/fsverity'
import { nodeHashing } from '@composefs/fsverity/node'
import { generateDump } from '@composefs/test-fixtures'
import { DumpParser, FileTree, type Inode, type Metadata, ROOT } from '@composefs/tree'
import { layoutImage } from '../src/layout.ts'
import { createSourceTree } from '../src/source-tree.ts'
import { writeLayout } from '../src/write-layout.ts'
import { orderedDump } from './ordered-dump.ts'

const SHAPES = ['ordered', 'scattered', 'built'] as const
type Shape = (typeof SHAPES)[number]

/** What one process tells. */
interface Sample {
  readonly passes: Readonly<Record<string, number>>
  readonly id: string
  /** Peak of the resident memory in KiB, before there was a tree and at the end. */
  readonly before: number
  readonly after: number
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    entries: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '3' },
    dump: { type: 'string' },
    sample: { type: 'boolean', default: false },
  },
})
const entries = Number(values.entries)

if (values.sample) console.log(JSON.stringify(sample(values.dump)))
else for (const shape of positionals.length > 0 ? positionals : SHAPES) compare(shape as Shape)

function compare(shape: Shape): void {
  const directory = mkdtempSync(join(tmpdir(), 'composefs-entries-'))
  try {
    const dump = shape === 'built' ? undefined : join(directory, 'dump')
    if (dump !== undefined) {
      writeLines(dump, shape === 'ordered' ? orderedDump(entries) : generateDump(entries))
    }
    const samples: Sample[] = []
    const peer: number[] = []
    for (let run = 0; run < Number(values.runs); run++) {
      samples.push(JSON.parse(ownProcess(dump)) as Sample)
      if (dump !== undefined && process.env.CFSCTL_PEER) peer.push(peerProcess(dump, directory))
    }
    report(shape, samples, peer)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function report(shape: Shape, samples: readonly Sample[], peer: readonly number[]): void {
  const [first] = samples
  if (first === undefined) return
  const fastest = Object.keys(first.passes).map(pass => {
    const ms = Math.min(...samples.map(({ passes }) => passes[pass] ?? 0))
    return `${pass} ${Math.round(ms)} ms`
  })
  const peak = Math.max(...samples.map(({ after }) => after))
  const bytes = Math.round(((peak - first.before) * 1024) / entries)
  console.log(`${shape}, ${entries} entries: ${fastest.join(', ')}`)
  console.log(`  peak ${Math.round(peak / 1024)} MiB, ${bytes} bytes an entry; ${first.id}`)
  if (peer.length > 0) console.log(`  cfsctl mkcomposefs ${Math.round(Math.min(...peer))} ms`)
}

function ownProcess(dump: string | undefined): string {
  const program = [...process.execArgv, fileURLToPath(import.meta.url), '--sample']
  const options = ['--entries', String(entries), ...(dump === undefined ? [] : ['--dump', dump])]
  const { status, stdout, stderr } = spawnSync(process.execPath, [...program, ...options])
  if (status !== 0) throw new Error(`exit ${status}: ${stderr}`)
  return stdout.toString()
}

function peerProcess(dump: string, directory: string): number {
  const started = performance.now()
  const args = ['mkcomposefs', '--from-file', dump, join(directory, 'image')]
  const { status, stderr } = spawnSync(process.env.CFSCTL_PEER ?? '', args)
  if (status !== 0) throw new Error(`exit ${status}: ${stderr}`)
  return performance.now() - started
}

function sample(dump: string | undefined): Sample {
  const before = process.resourceUsage().maxRSS
  const passes: Record<string, number> = {}
  const timed = <T>(pass: string, work: () => T): T => {
    const started = performance.now()
    const result = work()
    passes[pass] = performance.now() - started
    return result
  }
  const tree =
    dump === undefined ? timed('build', () => builtTree()) : timed('parse', () => parsedTree(dump))
  const layout = timed('lay out', () => layoutImage(createSourceTree(tree, 1)))
  const id = timed('write and hash', () => {
    const digest = createFsverity({ algorithm: SHA256, hashing: nodeHashing })
    writeLayout(layout, chunk => void digest.update(chunk))
    return digest.digest().hex
  })
  return { passes, id, before, after: process.resourceUsage().maxRSS }
}

function parsedTree(dump: string): FileTree {
  const parser = new DumpParser(SHA256)
  const buffer = new Uint8Array(1 << 20)
  const file = openSync(dump, 'r')
  for (let length = -1; length !== 0; ) {
    length = readSync(file, buffer, 0, buffer.length, null)
    parser.write(buffer.subarray(0, length))
  }
  closeSync(file)
  return parser.finish()
}

function builtTree(): FileTree {
  const file: Metadata = {
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeSeconds: 1_700_000_000n,
    mtimeNanoseconds: 0,
    xattrs: [],
  }
  const tree = new FileTree(SHA256, { ...file, mode: 0o755 })
  let directory: Inode = ROOT
  for (let i = 0; tree.inodeCount < entries; i++) {
    if (i % 1000 === 0) {
      directory = tree.addDirectory(ROOT, encodeUtf8(`d${i}`), { ...file, mode: 0o755 })
    }
    const digest = new Uint8Array(32)
    new DataView(digest.buffer).setUint32(0, i)
    const content = { kind: 'external', digest: new Digest(SHA256, digest), size: 4096 } as const
    tree.addLeaf(directory, encodeUtf8(`file-${i}`), file, content)
  }
  return tree
}

function writeLines(path: string, lines: Iterable<string>): void {
  const file = openSync(path, 'w')
  let text = ''
  for (const line of lines) {
    text += `${line}\n`
    if (text.length < 1 << 20) continue
    writeSync(file, text)
    text = ''
  }
  writeSync(file, text)
  closeSync(file)
}
